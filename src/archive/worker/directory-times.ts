import type { TarTime } from "../../lib/index.ts";

const CHUNK_BYTES = 1 << 18;

/**
 * Remembers the times of folders until the end, when nothing is put into them any more. Kept in plain bytes, as an
 * archive may have a million of them: name, length, seconds, nanoseconds.
 */
export class DirectoryTimes {
	readonly #chunks: Buffer[] = [];
	#length = CHUNK_BYTES;

	add(path: string, time: TarTime): void {
		const size = path.length + 14;
		if (this.#length + size > CHUNK_BYTES) {
			this.#chunks.push(Buffer.alloc(CHUNK_BYTES));
			this.#length = 0;
		}
		const chunk = this.#chunks.at(-1)!;
		chunk.writeUInt16LE(path.length, this.#length);
		chunk.writeDoubleLE(time.seconds, this.#length + 2);
		chunk.writeUInt32LE(time.nanos, this.#length + 10);
		chunk.write(path, this.#length + 14, "latin1");
		this.#length += size;
		if (this.#length + 2 <= CHUNK_BYTES) chunk.writeUInt16LE(0, this.#length);
	}

	*entries(): Generator<{ path: string; time: TarTime }> {
		for (const chunk of this.#chunks) {
			for (let offset = 0; offset + 14 < chunk.length; ) {
				const length = chunk.readUInt16LE(offset);
				if (length === 0) break;
				const time = { seconds: chunk.readDoubleLE(offset + 2), nanos: chunk.readUInt32LE(offset + 10) };
				yield { path: chunk.toString("latin1", offset + 14, offset + 14 + length), time };
				offset += 14 + length;
			}
		}
	}
}
