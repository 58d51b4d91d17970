/** Field lists of the session protocol: `key NUL value NUL`, repeated. */
import { EngineError } from "../../lib/index.ts";

export type Field = readonly [key: string, value: string];

/** Leaves out `undefined` and `false`; `true` is `1`. */
export function encodeFields(
	fields: Iterable<readonly [string, string | number | boolean | undefined]>,
): Buffer {
	let text = "";
	for (const [key, value] of fields) {
		if (value === undefined || value === false) continue;
		const plain = value === true ? "1" : String(value);
		if (plain.includes("\0"))
			throw new EngineError(
				"invalid_argument",
				`${key} has a NUL byte: ${JSON.stringify(plain.slice(0, 80))}`,
			);
		text += `${key}\0${plain}\0`;
	}
	return Buffer.from(text);
}

/** Throws `corrupt` for a list that does not parse. */
export function decodeFields(payload: Uint8Array): Field[] {
	const parts = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString().split("\0");
	if (parts.pop() !== "" || parts.length % 2 !== 0)
		throw new EngineError("corrupt", "the supervisor sent a field list that does not parse");
	const fields: Field[] = [];
	for (let index = 0; index < parts.length; index += 2) fields.push([parts[index]!, parts[index + 1]!]);
	return fields;
}

/** The first value of a key. */
export function fieldOf(fields: readonly Field[], key: string): string | undefined {
	return fields.find(([name]) => name === key)?.[1];
}

/** A decimal number; `corrupt` when it is missing or none. */
export function numberOf(fields: readonly Field[], key: string): number {
	const text = fieldOf(fields, key);
	if (text === undefined || !/^\d{1,15}$/.test(text))
		throw new EngineError("corrupt", `the supervisor sent ${key}=${JSON.stringify(text)}`);
	return Number(text);
}

export function textOf(fields: readonly Field[], key: string): string {
	const text = fieldOf(fields, key);
	if (text === undefined) throw new EngineError("corrupt", `the supervisor sent no ${key}`);
	return text;
}
