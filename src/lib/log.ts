import { writeSync } from "node:fs";

export type LogLevel = "debug" | "info" | "warn" | "error";
const order: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Structured logger: one line of `key=value` pairs per event on stderr. */
export interface Logger {
	debug(message: string, fields?: LogFields): void;
	info(message: string, fields?: LogFields): void;
	warn(message: string, fields?: LogFields): void;
	error(message: string, fields?: LogFields): void;
	/** A logger that adds these fields to each line. */
	with(fields: LogFields): Logger;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** A credential. Prints as `[redacted]` wherever it is logged, formatted or serialised. */
export class Secret {
	readonly #value: string;
	constructor(value: string) {
		this.#value = value;
	}
	reveal(): string {
		return this.#value;
	}
	toString(): string {
		return "[redacted]";
	}
	toJSON(): string {
		return "[redacted]";
	}
	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return "[redacted]";
	}
}

export function createLogger(level: LogLevel = "info", write: (line: string) => void = writeStderr): Logger {
	return loggerWith({}, order.indexOf(level), write);
}

function loggerWith(base: LogFields, threshold: number, write: (line: string) => void): Logger {
	const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
		if (order.indexOf(level) < threshold) return;
		write(formatLine(level, message, { ...base, ...fields }));
	};
	return {
		debug: at("debug"),
		info: at("info"),
		warn: at("warn"),
		error: at("error"),
		with: (fields) => loggerWith({ ...base, ...fields }, threshold, write),
	};
}

function formatLine(level: LogLevel, message: string, fields: LogFields): string {
	let line = `time=${new Date().toISOString()} level=${level} msg=${JSON.stringify(message)}`;
	for (const [key, value] of Object.entries(fields)) {
		if (value !== undefined) line += ` ${key}=${formatValue(value)}`;
	}
	return `${line}\n`;
}

function formatValue(value: unknown): string {
	if (value instanceof Error) return JSON.stringify(`${value.message}`);
	if (typeof value === "number" || typeof value === "boolean") return String(value);
	return JSON.stringify(typeof value === "object" ? JSON.stringify(value) : String(value));
}

function writeStderr(line: string): void {
	writeSync(2, line);
}
