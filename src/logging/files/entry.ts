import { parseNanos } from "../../api/syntax.ts";

/** One line of a log. */
export interface LogEntry {
	readonly stream: "stdout" | "stderr";
	/**
	 * The text with its newline; without one it goes on in the next entry of the stream. Bytes that are no UTF-8 are lone
	 * surrogates where the log keeps them ({@link bytesOfText}).
	 */
	readonly text: string;
	/** RFC 3339 with nanoseconds. */
	readonly time: string;
	readonly attrs: Readonly<Record<string, string>> | undefined;
}

/** `undefined` for a line that is no entry: half written by a machine that went down, or not ours. */
export function parseLogEntry(line: string): LogEntry | undefined {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		return undefined;
	}
	const { log, stream, time, attrs } = (value ?? {}) as Record<string, unknown>;
	if (typeof log !== "string" || typeof time !== "string") return undefined;
	if (stream !== "stdout" && stream !== "stderr") return undefined;
	return { stream, text: log, time, attrs: attrs as LogEntry["attrs"] };
}

/** What a client gets of an entry, in Docker's order: time, details, text. */
export function formatLogEntry(
	entry: LogEntry,
	options: { readonly timestamps: boolean; readonly details: boolean },
): Uint8Array {
	let text = entry.text;
	if (options.details) text = `${formatAttributes(entry.attrs ?? {})} ${text}`;
	if (options.timestamps) text = `${fixedTime(entry.time)} ${text}`;
	return bytesOfText(text);
}

/** The bytes that were written: a lone surrogate U+DC80 + n stands for the byte 0x80 + n, which was no UTF-8. */
export function bytesOfText(text: string): Buffer {
	if (text.isWellFormed()) return Buffer.from(text);
	const parts = text.split(/([\udc80-\udcff]+)/u);
	return Buffer.concat(
		parts.map((part, i) => (i % 2 === 0 ? Buffer.from(part) : Buffer.from([...part].map(byteOfStray)))),
	);
}

function byteOfStray(stray: string): number {
	return stray.charCodeAt(0) - 0xdc00;
}

export function timeOf(entry: LogEntry): bigint {
	return parseNanos(entry.time);
}

function formatAttributes(attrs: Readonly<Record<string, string>>): string {
	return Object.entries(attrs)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
		.join(",");
}

/** Always nine digits, so that columns line up. */
function fixedTime(time: string): string {
	const match = /^(.{19})(?:\.(\d+))?(.*)$/.exec(time);
	if (match === null) return time;
	return `${match[1]}.${(match[2] ?? "").padEnd(9, "0")}${match[3]}`;
}
