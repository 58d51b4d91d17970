import { EngineError } from "../lib/index.ts";

/** Looks a variable up in the client's own environment. */
export type Lookup = (name: string) => string | undefined;

/**
 * One `-e` value. `KEY=value` stays as it is; `KEY` takes the client's value, and stays a bare `KEY` when there is
 * none, which removes the image's variable. Errors: `invalid_argument` for an empty name.
 */
export function parseEnvFlag(value: string, lookup: Lookup): string {
	const equals = value.indexOf("=");
	const name = equals < 0 ? value : value.slice(0, equals);
	if (name === "") throw new EngineError("invalid_argument", `invalid environment variable: ${value}`);
	if (equals >= 0) return value;
	const found = lookup(name);
	return found === undefined ? value : `${name}=${found}`;
}

/**
 * A `--env-file` or (without `lookup`) `--label-file`: lines `KEY=value`; empty lines and lines that start with `#`
 * are skipped, space before the key is dropped, the value is kept as it is. A bare `KEY` takes the client's value and
 * is left out when there is none. Errors: `invalid_argument` that names the file and the line.
 */
export function parseKeyValueFile(content: Uint8Array, options: { name: string; lookup?: Lookup }): string[] {
	const pairs: string[] = [];
	for (const [index, raw] of decodeLines(content, options.name).entries()) {
		const line = raw.trimStart();
		if (line === "" || line.startsWith("#")) continue;
		const equals = line.indexOf("=");
		const key = equals < 0 ? line : line.slice(0, equals);
		if (key === "") throw invalidFile(options.name, `no variable name on line '${line}'`);
		if (/[ \t]/.test(key)) throw invalidFile(options.name, `variable '${key}' contains whitespaces`);
		if (line.includes("\0")) throw invalidFile(options.name, `NUL character at line ${index + 1}`);
		if (equals >= 0) {
			pairs.push(line);
			continue;
		}
		const found = options.lookup?.(key);
		if (found !== undefined) pairs.push(`${key}=${found}`);
	}
	return pairs;
}

/** One `--label` value, `key[=value]`. Errors: `invalid_argument` with docker/cli's texts. */
export function parseLabel(value: string): { readonly key: string; readonly value: string } {
	const equals = value.indexOf("=");
	const key = equals < 0 ? value : value.slice(0, equals);
	const trimmed = key.replace(/^[ \t]+/, "");
	if (trimmed === "") throw new EngineError("invalid_argument", `invalid label '${value}': empty name`);
	if (/[ \t]/.test(trimmed))
		throw new EngineError("invalid_argument", `label '${trimmed}' contains whitespaces`);
	return { key, value: equals < 0 ? "" : value.slice(equals + 1) };
}

function decodeLines(content: Uint8Array, name: string): string[] {
	try {
		const lines = new TextDecoder("utf-8", { fatal: true }).decode(content).split("\n");
		return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
	} catch {
		throw invalidFile(name, `invalid utf8 bytes at line ${lineOfInvalidBytes(content)}`);
	}
}

function lineOfInvalidBytes(content: Uint8Array): number {
	const decoder = new TextDecoder("utf-8", { fatal: true });
	let line = 1;
	for (let start = 0; start < content.length; line++) {
		const newline = content.indexOf(10, start);
		const end = newline < 0 ? content.length : newline;
		try {
			decoder.decode(content.subarray(start, end));
		} catch {
			return line;
		}
		start = end + 1;
	}
	return line;
}

function invalidFile(name: string, problem: string): EngineError {
	return new EngineError("invalid_argument", `invalid env file (${name}): ${problem}`);
}
