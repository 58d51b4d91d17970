import { EngineError } from "../lib/index.ts";

const unitNanos: ReadonlyMap<string, bigint> = new Map([
	["ns", 1n],
	["us", 1_000n],
	["µs", 1_000n],
	["μs", 1_000n],
	["ms", 1_000_000n],
	["s", 1_000_000_000n],
	["m", 60_000_000_000n],
	["h", 3_600_000_000_000n],
]);

const maxNanos = 2n ** 63n - 1n;

/**
 * Nanoseconds of a duration as Go writes it: `1m30s`, `-1.5h`, `300ms`, `0`. Units: ns us µs ms s m h.
 * Errors: `invalid_argument` with the texts of Go's time.ParseDuration.
 */
export function parseDuration(text: string): bigint {
	const sign = /^[+-]?/.exec(text)![0];
	const body = text.slice(sign.length);
	if (body === "0") return 0n;
	if (body === "") throw invalidDuration(text);
	let total = 0n;
	const term = /(\d*)(?:\.(\d*))?([^\d.]*)/y;
	while (term.lastIndex < body.length) {
		total += termNanos(term.exec(body)!, text);
		if (total > maxNanos) throw invalidDuration(text);
	}
	return sign === "-" ? -total : total;
}

/** Go's way to write a duration: `1m30s`, `1.5s`, `300ms`, `0s`. */
export function formatDuration(nanos: bigint): string {
	if (nanos === 0n) return "0s";
	const sign = nanos < 0n ? "-" : "";
	const size = nanos < 0n ? -nanos : nanos;
	if (size < 1_000n) return `${sign}${size}ns`;
	if (size < 1_000_000n) return `${sign}${decimal(size, 3)}µs`;
	if (size < 1_000_000_000n) return `${sign}${decimal(size, 6)}ms`;
	const seconds = `${decimal(size % 60_000_000_000n, 9)}s`;
	const minutes = size / 60_000_000_000n;
	if (minutes === 0n) return sign + seconds;
	if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
	return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function termNanos(match: RegExpExecArray, text: string): bigint {
	const [, whole = "", fraction = "", unit = ""] = match;
	if (whole === "" && fraction === "") throw invalidDuration(text);
	if (unit === "")
		throw new EngineError("invalid_argument", `time: missing unit in duration ${JSON.stringify(text)}`);
	const nanos = unitNanos.get(unit);
	if (nanos === undefined)
		throw new EngineError(
			"invalid_argument",
			`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`,
		);
	// More digits than an int64 holds cannot be in range; not converting them keeps absurd input cheap.
	if (whole.replace(/^0+/, "").length > 19) throw invalidDuration(text);
	const digits = fraction.slice(0, 18);
	const part = digits === "" ? 0n : (BigInt(digits) * nanos) / 10n ** BigInt(digits.length);
	return BigInt(whole || "0") * nanos + part;
}

function decimal(value: bigint, places: number): string {
	const scale = 10n ** BigInt(places);
	const fraction = (value % scale).toString().padStart(places, "0").replace(/0+$/, "");
	return fraction === "" ? `${value / scale}` : `${value / scale}.${fraction}`;
}

function invalidDuration(text: string): EngineError {
	return new EngineError("invalid_argument", `time: invalid duration ${JSON.stringify(text)}`);
}

/** A time span as Docker prints it (go-units HumanDuration): `About a minute`, `3 hours`, `2 weeks`. */
export function humanDuration(seconds: number): string {
	const whole = Math.trunc(seconds);
	if (whole < 1) return "Less than a second";
	if (whole === 1) return "1 second";
	if (whole < 60) return `${whole} seconds`;
	const minutes = Math.trunc(seconds / 60);
	if (minutes === 1) return "About a minute";
	if (minutes < 60) return `${minutes} minutes`;
	const hours = Math.round(seconds / 3600);
	if (hours === 1) return "About an hour";
	if (hours < 48) return `${hours} hours`;
	if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
	if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
	if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
	return `${Math.trunc(seconds / 3600 / 24 / 365)} years`;
}
