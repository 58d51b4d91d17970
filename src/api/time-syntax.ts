import { EngineError } from "../lib/index.ts";
import { parseDuration } from "./duration.ts";

const nanosPerSecond = 1_000_000_000n;

/**
 * Nanoseconds since 1970 of a `--since` or `--until` value: a Go duration before `nowNano` (`10m`, `1h30m`), a date
 * or time in RFC 3339 down to nanoseconds (`2026-11-24`, `2026-11-24T05:00`, `2026-11-24T05:00:00.5+01:00`; local
 * time without a zone), or unix seconds with a fraction (`1700000000.000000001`).
 * Errors: `invalid_argument` that names the value.
 */
export function parseTime(text: string, nowNano: bigint): bigint {
	if (text.trim() === "")
		throw new EngineError("invalid_argument", "failed to parse value as time or duration: value is empty");
	const unix = parseUnixTime(text);
	if (unix !== undefined) return unix;
	const calendar = parseCalendarTime(text);
	if (calendar !== undefined) return calendar;
	try {
		return nowNano - parseDuration(text);
	} catch (cause) {
		const message = `failed to parse value as time or duration: ${JSON.stringify(text)}`;
		throw new EngineError("invalid_argument", message, { cause });
	}
}

/** Unix seconds with up to nine decimals, as the API passes `since` and `until`; `undefined` when it is not one. */
export function parseUnixTime(text: string): bigint | undefined {
	const match = /^([+-]?\d{1,12})(?:\.(\d{0,20}))?$/.exec(text);
	if (match === null) return undefined;
	const fraction = BigInt((match[2] ?? "").slice(0, 9).padEnd(9, "0"));
	return BigInt(match[1]!.replace(/^\+/, "")) * nanosPerSecond + fraction;
}

/** `2026-11-24T05:00:00.123456789Z`: UTC, trailing zeros of the fraction left out, as Go writes RFC 3339. */
export function formatTime(timeNano: bigint): string {
	const fraction = ((timeNano % nanosPerSecond) + nanosPerSecond) % nanosPerSecond;
	const milliseconds = ((timeNano - fraction) / nanosPerSecond) * 1000n;
	const seconds = new Date(Number(milliseconds)).toISOString().slice(0, -5);
	const digits = fraction.toString().padStart(9, "0").replace(/0+$/, "");
	return digits === "" ? `${seconds}Z` : `${seconds}.${digits}Z`;
}

const calendarPattern =
	/^(\d{4})-(\d\d)-(\d\d)(?:[Tt](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,20}))?)?)?)?([Zz]|[+-]\d\d:\d\d)?$/;

function parseCalendarTime(text: string): bigint | undefined {
	const match = calendarPattern.exec(text);
	if (match === null) return undefined;
	const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
		number,
		number,
		number,
		number,
		number,
		number,
	];
	if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
	if (hour > 23 || minute > 59 || second > 59) return undefined;
	const zone = match[8];
	const milliseconds =
		zone === undefined
			? localTime(year, month, day, hour, minute, second)
			: utcTime(year, month, day, hour, minute, second) - zoneMilliseconds(zone);
	const fraction = BigInt((match[7] ?? "").slice(0, 9).padEnd(9, "0"));
	return BigInt(milliseconds) * 1_000_000n + fraction;
}

type Calendar = [year: number, month: number, day: number, hour: number, minute: number, second: number];

/** `Date.UTC` takes the years 0 to 99 for 1900 to 1999; setting the year does not. */
function utcTime(...[year, month, day, hour, minute, second]: Calendar): number {
	const date = new Date(0);
	date.setUTCFullYear(year, month - 1, day);
	return date.setUTCHours(hour, minute, second, 0);
}

function localTime(...[year, month, day, hour, minute, second]: Calendar): number {
	const date = new Date(2000, 0, 1);
	date.setFullYear(year, month - 1, day);
	return date.setHours(hour, minute, second, 0);
}

function zoneMilliseconds(zone: string): number {
	if (zone === "Z" || zone === "z") return 0;
	const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
	return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}

function daysIn(year: number, month: number): number {
	return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/** Nanoseconds since 1970 of an RFC 3339 time; 0 when it is none. */
export function parseNanos(text: string): bigint {
	const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
	if (match === null) return 0n;
	const ms = Date.parse(`${match[1]}${match[3]}`);
	if (Number.isNaN(ms)) return 0n;
	return BigInt(ms) * 1_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}
