import { writeSync } from "node:fs";

/**
 * Text to stdout and stderr by plain writes: Node's streams for them take longer to set up than a whole `ps`.
 */
export function writeOut(text: string): void {
	writeAll(1, Buffer.from(text));
}

export function writeError(text: string): void {
	writeAll(2, Buffer.from(text));
}

/** Writes everything; a reader that has gone away (`hull ps | head -1`) ends the program as SIGPIPE would. */
export function writeAll(fd: number, bytes: Uint8Array): void {
	for (let offset = 0; offset < bytes.length; ) {
		try {
			offset += writeSync(fd, bytes, offset);
		} catch (error) {
			waitOrEnd(error);
		}
	}
}

const pause = new Int32Array(new SharedArrayBuffer(4));

function waitOrEnd(error: unknown): void {
	const code = (error as NodeJS.ErrnoException).code;
	// Somebody who shares the descriptor made it non-blocking.
	if (code === "EAGAIN") Atomics.wait(pause, 0, 0, 2);
	else if (code === "EPIPE") process.exit(141);
	else throw error;
}
