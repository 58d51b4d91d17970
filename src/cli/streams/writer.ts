import { fstatSync, write } from "node:fs";
import { writeAll } from "../terminal/output.ts";

/** Writes pieces in order; resolves when the piece is written. */
export type Writer = (data: Uint8Array) => Promise<void> | void;

/**
 * A writer for stdout or stderr. Files are written to directly; a pipe or a terminal may make a writer wait, and
 * waits off the main thread, so that signals and input go on meanwhile.
 */
export function createWriter(fd: number): Writer {
	if (fstatSync(fd).isFile()) return (data) => writeAll(fd, data);
	return async (data) => {
		for (let offset = 0; offset < data.length; ) offset += await writeSome(fd, data.subarray(offset));
	};
}

function writeSome(fd: number, data: Uint8Array): Promise<number> {
	const { promise, resolve, reject } = Promise.withResolvers<number>();
	write(fd, data, 0, data.length, null, (error, written) => {
		if (error === null) resolve(written);
		else if (error.code === "EAGAIN") setTimeout(() => resolve(0), 2);
		// The reader has gone away: end as SIGPIPE would.
		else if (error.code === "EPIPE") process.exit(141);
		else reject(error);
	});
	return promise;
}
