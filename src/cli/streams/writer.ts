import { fstatSync, writev } from "node:fs";
import { writeAll } from "../terminal/output.ts";

/** Writes pieces in order; resolves when they are written. */
export type Writer = (pieces: readonly Uint8Array[]) => Promise<void> | void;

/**
 * A writer for stdout or stderr. Files are written to directly; a pipe or a terminal may make a writer wait, and
 * waits off the main thread, so that signals and input go on meanwhile.
 */
export function createWriter(fd: number): Writer {
	if (fstatSync(fd).isFile())
		return (pieces) => {
			for (const piece of pieces) writeAll(fd, piece);
		};
	return async (pieces) => {
		let left = pieces;
		while (left.length > 0) left = after(left, await writeSome(fd, left));
	};
}

/** What is left after so many bytes. */
function after(pieces: readonly Uint8Array[], written: number): readonly Uint8Array[] {
	let count = written;
	let index = 0;
	while (index < pieces.length && count >= pieces[index]!.length) count -= pieces[index++]!.length;
	if (index === pieces.length) return [];
	return [pieces[index]!.subarray(count), ...pieces.slice(index + 1)];
}

/** The kernel takes at most this many pieces at once. */
const maxPieces = 1024;

function writeSome(fd: number, pieces: readonly Uint8Array[]): Promise<number> {
	const { promise, resolve, reject } = Promise.withResolvers<number>();
	writev(fd, pieces.slice(0, maxPieces), null, (error, written) => {
		if (error === null) resolve(written);
		else if (error.code === "EAGAIN") setTimeout(() => resolve(0), 2);
		// The reader has gone away: end as SIGPIPE would.
		else if (error.code === "EPIPE") process.exit(141);
		else reject(error);
	});
	return promise;
}
