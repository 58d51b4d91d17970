import { closeSync, fstatSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { errnoOf, type Logger } from "../lib/index.ts";
import type { EngineEvent } from "./contract.ts";
import { decodeEvent, encodeEvent } from "./json-line.ts";

/** The events of the past on disk: one JSON line each, at most twice `capacity` of them. */
export interface HistoryFile {
	/** What is there, oldest first, at most `capacity`. */
	readonly events: readonly EngineEvent[];
	/** Never throws: a full disk costs history, not the operation that it would have told of. */
	append(event: EngineEvent): void;
	close(): void;
}

/**
 * A line is written with one call, so a kill leaves whole lines; what a crash of the machine tore is skipped and
 * counted in the log. When the file has grown to twice the capacity it is replaced (write, rename) by its younger
 * half.
 */
export function openHistoryFile(options: {
	readonly path: string;
	readonly capacity: number;
	readonly log: Logger;
}): HistoryFile {
	const { path, capacity, log } = options;
	const { events, broken, total } = readEvents(path);
	if (broken > 0)
		log.warn("lines of the event history cannot be read and are skipped", { path, lines: broken });
	let recent = events.slice(-capacity);
	const kept = [...recent];
	let lines = total;
	let fd = openForAppend(path);
	let failed = false;

	const compact = () => {
		const temporary = `${path}.tmp`;
		writeFileSync(temporary, recent.map(encodeEvent).join(""), { mode: 0o600 });
		renameSync(temporary, path);
		closeSync(fd);
		fd = openForAppend(path);
		lines = recent.length;
	};

	return {
		events: kept,
		append(event) {
			recent.push(event);
			if (recent.length > capacity * 2) recent = recent.slice(-capacity);
			try {
				writeSync(fd, encodeEvent(event));
				if (++lines >= capacity * 2) {
					recent = recent.slice(-capacity);
					compact();
				}
				failed = false;
			} catch (error) {
				// Once per trouble: every operation publishes.
				if (!failed) log.warn("the event history cannot be written", { path, error });
				failed = true;
			}
		},
		close: () => closeSync(fd),
	};
}

function readEvents(path: string): { events: EngineEvent[]; broken: number; total: number } {
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return { events: [], broken: 0, total: 0 };
		throw error;
	}
	const lines = text.split("\n").filter((line) => line !== "");
	const events = lines.map(decodeEvent).filter((event) => event !== undefined);
	return { events, broken: lines.length - events.length, total: lines.length };
}

/** A torn last line is ended, so that it does not spoil the next one. */
function openForAppend(path: string): number {
	const fd = openSync(path, "a+", 0o600);
	const { size } = fstatSync(fd);
	if (size > 0 && !endsWithNewline(path)) writeSync(fd, "\n");
	return fd;
}

function endsWithNewline(path: string): boolean {
	return readFileSync(path).at(-1) === 10;
}
