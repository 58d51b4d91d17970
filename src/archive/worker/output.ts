import { writeSync } from "node:fs";

const BUFFER_BYTES = 1 << 18;

/** The archive on its way to the daemon; small pieces are collected. */
export class ArchiveOutput {
	readonly #fd: number;
	readonly #buffer = Buffer.alloc(BUFFER_BYTES);
	#length = 0;

	constructor(fd: number) {
		this.#fd = fd;
	}

	write(bytes: Uint8Array): void {
		const isLarge = bytes.length > BUFFER_BYTES / 2;
		if (isLarge || bytes.length > BUFFER_BYTES - this.#length) this.flush();
		if (isLarge) {
			writeAll(this.#fd, bytes);
			return;
		}
		this.#buffer.set(bytes, this.#length);
		this.#length += bytes.length;
	}

	flush(): void {
		writeAll(this.#fd, this.#buffer.subarray(0, this.#length));
		this.#length = 0;
	}
}

function writeAll(fd: number, bytes: Uint8Array): void {
	for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
