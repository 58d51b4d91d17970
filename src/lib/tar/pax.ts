import type { TarTime } from "./entry.ts";

/** One `key=value` of a pax extended header; repeated keys matter to GNU's sparse format 0.0. */
export interface PaxRecord {
	readonly key: string;
	readonly value: Buffer;
}

/** Reads the records `LENGTH KEY=VALUE\n`. A fault is reported through `fail`, which throws. */
export function parsePaxRecords(bytes: Buffer, fail: (reason: string) => never): PaxRecord[] {
	const records: PaxRecord[] = [];
	for (let position = 0; position < bytes.length; ) {
		const space = bytes.indexOf(0x20, position);
		const digits = space < 0 ? "" : bytes.toString("latin1", position, space);
		if (!/^[0-9]{1,10}$/.test(digits)) fail("bad pax record length");
		const end = position + Number(digits);
		if (end > bytes.length || end <= space + 1 || bytes[end - 1] !== 0x0a) fail("bad pax record length");
		const equals = bytes.indexOf(0x3d, space + 1);
		if (equals <= space + 1 || equals >= end) fail("pax record without a key");
		records.push({
			key: bytes.toString("latin1", space + 1, equals),
			value: bytes.subarray(equals + 1, end - 1),
		});
		position = end;
	}
	return records;
}

export function formatPaxRecord(key: string, value: Uint8Array): Buffer {
	const rest = key.length + value.length + 3;
	let total = rest + String(rest).length;
	if (String(total).length > String(rest).length) total = rest + String(total).length;
	return Buffer.concat([Buffer.from(`${total} ${key}=`, "latin1"), value, Buffer.from("\n")]);
}

/** Decimal seconds with an optional fraction, `-1.5` included. `undefined`: something else. */
export function parsePaxTime(text: string): TarTime | undefined {
	const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(text);
	if (match === null) return undefined;
	const seconds = Number(match[2]);
	const nanos = Number((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
	if (match[1] !== "-") return { seconds, nanos };
	return nanos === 0
		? { seconds: 0 - seconds, nanos }
		: { seconds: -seconds - 1, nanos: 1_000_000_000 - nanos };
}

export function formatPaxTime({ seconds, nanos }: TarTime): string {
	if (nanos === 0) return String(seconds);
	const negative = seconds < 0;
	const whole = negative ? -seconds - 1 : seconds;
	const fraction = negative ? 1_000_000_000 - nanos : nanos;
	return `${negative ? "-" : ""}${whole}.${String(fraction).padStart(9, "0").replace(/0+$/, "")}`;
}

/** A decimal number that an integer holds exactly, else `undefined`. */
export function parsePaxNumber(text: string): number | undefined {
	if (!/^[0-9]{1,16}$/.test(text)) return undefined;
	const value = Number(text);
	return Number.isSafeInteger(value) ? value : undefined;
}
