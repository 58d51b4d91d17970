import type { LogFile } from "./log-files.ts";

const chunkBytes = 1024 * 1024;
const newline = 10;

/** Reads the whole lines of a file from an offset on; a line without its newline yet waits for the next call. */
export interface LineReader {
	/** Where the line after those that were given begins. */
	readonly offset: number;
	/** Lines that are complete by now, a chunk of the file at a time; ends when there are no more for the moment. */
	lines(): Generator<string[]>;
}

export function createLineReader(file: LogFile, offset: number): LineReader {
	let position = offset;
	return {
		get offset() {
			return position;
		},
		*lines() {
			let capacity = Math.min(chunkBytes, Math.max(4096, file.size() - position));
			for (;;) {
				const buffer = Buffer.allocUnsafe(capacity);
				const length = file.read(buffer, position);
				const end = buffer.subarray(0, length).lastIndexOf(newline);
				if (end < 0) {
					if (length < capacity) return;
					// One line longer than the buffer.
					capacity *= 2;
					continue;
				}
				position += end + 1;
				yield buffer.toString("utf8", 0, end).split("\n");
				capacity = Math.min(chunkBytes, Math.max(4096, file.size() - position));
			}
		},
	};
}
