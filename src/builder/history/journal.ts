import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { errnoOf, type Logger } from "../../lib/index.ts";
import type { BuildEvent } from "../contract.ts";

/** What a build tells, in a file of one JSON document a line, and for who follows it while it runs. */
export interface Journal {
	add(event: BuildEvent): void;
	/** From the first event until the build is over. */
	follow(signal: AbortSignal): AsyncIterable<BuildEvent>;
	end(): void;
	readonly bytes: number;
}

/** Of output that does not fit the beginning is kept; what steps came to is kept as far as the second goes. */
const maxOutputBytes = 1024 * 1024;
const maxBytes = 8 * 1024 * 1024;

/**
 * Not synced: after a kill the file has what was told until then, after a power failure perhaps less; a line that is
 * cut off is left out when it is read. A disk that takes no more ends the journal, not the build.
 */
export function openJournal(path: string, log: Logger): Journal {
	const events: BuildEvent[] = [];
	const waiting = new Set<() => void>();
	let fd: number | undefined = openFile(path, log);
	let bytes = 0;
	let outputBytes = 0;
	let isOver = false;
	const wake = () => {
		for (const resolve of waiting) resolve();
		waiting.clear();
	};
	const close = () => {
		if (fd !== undefined) closeSync(fd);
		fd = undefined;
	};
	return {
		get bytes() {
			return bytes;
		},
		add(event) {
			const output = event.kind === "log" ? event.data.length : 0;
			if (event.kind === "progress" || outputBytes + output > maxOutputBytes) return;
			const line = Buffer.from(`${encodeEvent(event)}\n`);
			if (bytes + line.length > maxBytes) return;
			outputBytes += output;
			bytes += line.length;
			events.push(event);
			try {
				if (fd !== undefined) writeSync(fd, line);
			} catch (error) {
				log.warn("what a build tells cannot be kept", { path, error });
				close();
			}
			wake();
		},
		async *follow(signal) {
			let next = 0;
			while (!signal.aborted) {
				while (next < events.length) yield events[next++]!;
				if (isOver) return;
				const { promise, resolve } = Promise.withResolvers<void>();
				waiting.add(resolve);
				signal.addEventListener("abort", () => resolve(), { once: true });
				await promise;
				waiting.delete(resolve);
			}
		},
		end() {
			isOver = true;
			close();
			wake();
		},
	};
}

/** What a build told that is over. Lines that cannot be read are left out. */
export function readJournal(path: string): BuildEvent[] {
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return [];
		throw error;
	}
	return text.split("\n").flatMap((line) => decodeEvent(line) ?? []);
}

function openFile(path: string, log: Logger): number | undefined {
	try {
		return openSync(path, "w", 0o600);
	} catch (error) {
		log.warn("what a build tells cannot be kept", { path, error });
		return undefined;
	}
}

function encodeEvent(event: BuildEvent): string {
	if (event.kind !== "log") return JSON.stringify(event);
	return JSON.stringify({ ...event, data: Buffer.from(event.data).toString("base64") });
}

const kinds = new Set(["vertex", "started", "log", "completed", "failed", "warning"]);

function decodeEvent(line: string): BuildEvent | undefined {
	try {
		const event = JSON.parse(line) as BuildEvent & { readonly data?: unknown };
		if (!kinds.has(event.kind)) return undefined;
		if (event.kind !== "log") return event;
		return { ...event, data: Buffer.from(String(event.data), "base64") };
	} catch {
		return undefined;
	}
}
