import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { EngineError } from "../lib/index.ts";

export type Compression = "none" | "gzip" | "zstd" | "bzip2" | "xz";

const magics: readonly (readonly [Compression, readonly number[]])[] = [
	["gzip", [0x1f, 0x8b, 0x08]],
	["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
	["bzip2", [0x42, 0x5a, 0x68]],
	["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];
const longestMagic = 6;
const chunkSize = 1024 * 1024;

/** By the first bytes, as Docker does; names and media types lie. */
export function compressionOf(start: Uint8Array): Compression {
	return magics.find(([, magic]) => magic.every((byte, index) => start[index] === byte))?.[0] ?? "none";
}

/** Looks at the start of a stream and gives the same stream, whole. */
export async function peekCompression(
	source: AsyncIterable<Uint8Array>,
): Promise<{ compression: Compression; stream: AsyncGenerator<Uint8Array> }> {
	const iterator = source[Symbol.asyncIterator]();
	const first: Uint8Array[] = [];
	let length = 0;
	while (length < longestMagic) {
		const { done, value } = await iterator.next();
		if (done) break;
		// A copy: the source may use its buffer again.
		first.push(Uint8Array.from(value));
		length += value.length;
	}
	async function* whole(): AsyncGenerator<Uint8Array> {
		try {
			yield* first;
			for (;;) {
				const { done, value } = await iterator.next();
				if (done) return;
				yield value;
			}
		} finally {
			await iterator.return?.();
		}
	}
	return { compression: compressionOf(Buffer.concat(first)), stream: whole() };
}

/** The uncompressed bytes of a stream that may be compressed. What is damaged or cut off is `corrupt`. */
export async function* decompress(
	source: AsyncIterable<Uint8Array>,
	what: string,
): AsyncGenerator<Uint8Array> {
	const { compression, stream } = await peekCompression(source);
	if (compression === "none") {
		yield* stream;
		return;
	}
	if (compression !== "gzip" && compression !== "zstd")
		throw new EngineError(
			"not_implemented",
			`${what} is compressed with ${compression}, which is not supported`,
		);
	const decoder = compression === "gzip" ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
	let sourceError: unknown;
	async function* watched() {
		try {
			yield* stream;
		} catch (error) {
			sourceError = error;
			throw error;
		}
	}
	const fed = pipeline(Readable.from(watched(), { objectMode: false }), decoder);
	fed.catch(() => {});
	try {
		for await (const chunk of decoder) yield chunk as Uint8Array;
		await fed;
	} catch (error) {
		throw sourceError ?? new EngineError("corrupt", `${what}: damaged ${compression} data`, { cause: error });
	} finally {
		decoder.destroy();
	}
}
