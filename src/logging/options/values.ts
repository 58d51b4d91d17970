import { parseDuration } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";

/** The `--log-opt`s of one container. */
export type LogOptions = Readonly<Record<string, string>>;

export function invalid(message: string, cause?: unknown): EngineError {
	return new EngineError("invalid_argument", message, { cause });
}

/** For what Docker refuses when the container starts; the same text comes with the create request. */
export function failedToInitialize(message: string, cause?: unknown): EngineError {
	return invalid(`failed to initialize logging driver: ${message}`, cause);
}

/** Go's strconv.ParseBool. Errors: plain, with Go's text. */
export function parseBool(text: string): boolean {
	if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
	if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
	throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** Go's strconv.Atoi. Errors: plain, with Go's text. */
export function parseInteger(text: string): number {
	if (!/^[+-]?\d+$/.test(text))
		throw new Error(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
	const number = Number(text);
	if (!Number.isSafeInteger(number))
		throw new Error(`strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
	return number;
}

/** Go's strconv.ParseUint. Errors: plain, with Go's text. */
export function parseUnsigned(text: string): number {
	if (!/^\d+$/.test(text))
		throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
	return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

export function parseMilliseconds(text: string): number {
	return Number(parseDuration(text)) / 1e6;
}

/** The parsed value of an option that is given; what is wrong with it is worded by `words`. */
export function readOption<Value>(
	text: string | undefined,
	parse: (text: string) => Value,
	words: (reason: string) => EngineError,
): Value | undefined {
	if (text === undefined) return undefined;
	try {
		return parse(text);
	} catch (error) {
		throw words((error as Error).message);
	}
}

/** Refuses options that a driver does not have. */
export function assertKnown(
	options: LogOptions,
	known: ReadonlySet<string>,
	words: (name: string) => string,
): void {
	for (const name of Object.keys(options)) if (!known.has(name)) throw invalid(words(name));
}
