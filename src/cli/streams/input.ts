import { read } from "node:fs";

const chunkBytes = 64 * 1024;

/**
 * Bytes of stdin as they come, whatever it is (terminal, pipe, file). Reads happen off the main thread, one ahead of
 * nobody: what is not asked for stays where it was.
 */
export async function* readInput(fd = 0): AsyncGenerator<Uint8Array> {
	while (true) {
		const buffer = Buffer.allocUnsafe(chunkBytes);
		const count = await readOnce(fd, buffer);
		if (count === "again") continue;
		if (count === 0) return;
		yield buffer.subarray(0, count);
	}
}

function readOnce(fd: number, buffer: Buffer): Promise<number | "again"> {
	const { promise, resolve, reject } = Promise.withResolvers<number | "again">();
	read(fd, buffer, 0, buffer.length, null, (error, count) => {
		if (error === null) resolve(count);
		// Somebody who shares the descriptor made it non-blocking.
		else if (error.code === "EAGAIN") setTimeout(() => resolve("again"), 5);
		else if (error.code === "EIO" || error.code === "EOF") resolve(0);
		else reject(error);
	});
	return promise;
}
