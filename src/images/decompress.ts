import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { EngineError } from "../lib/index.ts";
import type { Digest } from "../oci/index.ts";
import { pipeThrough } from "../sys/index.ts";
import type { ImagesContext } from "./context.ts";

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
	if (isSkippableZstdFrame(start)) return "zstd";
	return magics.find(([, magic]) => magic.every((byte, index) => start[index] === byte))?.[0] ?? "none";
}

/** Looks at the start of a stream and gives the same stream, whole. Closing that closes the source, read or not. */
export async function peekCompression(
	source: AsyncIterable<Uint8Array>,
): Promise<{ compression: Compression; stream: AsyncIterableIterator<Uint8Array> }> {
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
	const compression = compressionOf(Buffer.concat(first));
	// No generator: one that was not started yet would not close its source.
	const stream: AsyncIterableIterator<Uint8Array> = {
		[Symbol.asyncIterator]: () => stream,
		async next() {
			const peeked = first.shift();
			return peeked === undefined ? iterator.next() : { done: false, value: peeked };
		},
		async return() {
			await iterator.return?.();
			return { done: true, value: undefined };
		},
	};
	return { compression, stream };
}

/** What a blob is compressed with. */
export async function blobCompression({ content }: ImagesContext, digest: Digest): Promise<Compression> {
	const start = await Array.fromAsync(content.stream(digest, { start: 0, end: longestMagic }));
	return compressionOf(Buffer.concat(start));
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
	if (compression === "bzip2" || compression === "xz") {
		yield* decompressByProgram(stream, { program: compression, what });
		return;
	}
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

/** RFC 8878, 3.1.2: such a frame may come first; its first byte may be any of sixteen. */
function isSkippableZstdFrame(start: Uint8Array): boolean {
	return ((start[0] ?? 0) & 0xf0) === 0x50 && start[1] === 0x2a && start[2] === 0x4d && start[3] === 0x18;
}

async function* decompressByProgram(
	stream: AsyncIterable<Uint8Array>,
	{ program, what }: { program: "bzip2" | "xz"; what: string },
): AsyncGenerator<Uint8Array> {
	const piped = pipeThrough([program, "-dc"], stream);
	if (piped === undefined) {
		throw new EngineError(
			"unavailable",
			`${what} is compressed with ${program}, and no program ${program} is installed`,
		);
	}
	yield* piped;
	const { exitCode, stderr } = await piped.result();
	if (exitCode !== 0)
		throw new EngineError("corrupt", `${what}: damaged ${program} data: ${stderr.trim().slice(0, 500)}`);
}
