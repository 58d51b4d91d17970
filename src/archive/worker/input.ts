import { readSync } from "node:fs";
import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { EngineError } from "../../lib/index.ts";
import { closeFd, peekBytes, startFilter } from "../../sys/index.ts";
import type { Compression } from "../contract.ts";
import { MAGIC_BYTES, recogniseCompression } from "./compression.ts";

const CHUNK_BYTES = 1 << 18;

export interface ArchiveInput {
	readonly compression: Compression;
	/** The uncompressed bytes; each chunk is good until the next. Wrong data is `corrupt`. */
	readonly chunks: AsyncIterable<Uint8Array>;
}

export interface InputOptions {
	/** Bytes read so far. */
	readonly onRead?: (bytes: number) => void;
	/** For a file that grows: waits at its end until there is more; false when there will be none. */
	readonly awaitMore?: () => boolean;
}

/** Reads into the buffer; 0 only at the end of all. */
type Read = (buffer: Uint8Array) => number;

/**
 * Recognises the compression of an open file or socket by its first bytes. gzip and zstd are undone in this process;
 * bzip2 and xz by the programs of these names, started here, before the worker's root changes and hides them.
 */
export function openInput(fd: number, options: InputOptions = {}): ArchiveInput {
	let isWhole = options.awaitMore === undefined;
	let start = peekBytes(fd, MAGIC_BYTES);
	while (start.length < MAGIC_BYTES && !isWhole) {
		isWhole = !options.awaitMore!();
		start = peekBytes(fd, MAGIC_BYTES);
	}
	const compression = recogniseCompression(start);
	// A program reads to the end that the file has now.
	if (compression === "bzip2" || compression === "xz") while (!isWhole) isWhole = !options.awaitMore!();
	const read = isWhole ? readerOf(fd, { ...options, awaitMore: () => false }) : readerOf(fd, options);
	return { compression, chunks: uncompressed(fd, compression, read) };
}

function readerOf(fd: number, { onRead = () => {}, awaitMore = () => false }: InputOptions): Read {
	let total = 0;
	let isWhole = false;
	return (buffer) => {
		let length = readSync(fd, buffer, 0, buffer.length, null);
		while (length === 0 && !isWhole) {
			isWhole = !awaitMore();
			length = readSync(fd, buffer, 0, buffer.length, null);
		}
		total += length;
		onRead(total);
		return length;
	};
}

function uncompressed(fd: number, compression: Compression, read: Read): AsyncIterable<Uint8Array> {
	switch (compression) {
		case "none":
			return plain(read);
		case "gzip":
			return decompress(read, { stream: createGunzip({ chunkSize: CHUNK_BYTES }), name: compression });
		case "zstd":
			return decompress(read, {
				stream: createZstdDecompress({ chunkSize: CHUNK_BYTES }),
				name: compression,
			});
		case "bzip2":
		case "xz":
			return filtered(fd, compression);
		default:
			return compression satisfies never;
	}
}

async function* plain(read: Read): AsyncGenerator<Uint8Array, void, undefined> {
	const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	for (let length = read(buffer); length > 0; length = read(buffer)) yield buffer.subarray(0, length);
}

async function* decompress(
	read: Read,
	{ stream, name }: { stream: Transform; name: string },
): AsyncGenerator<Uint8Array, void, undefined> {
	// One buffer for all: a write is called back when its input has been taken.
	const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	const feed = () => {
		try {
			const length = read(buffer);
			if (length === 0) stream.end();
			else stream.write(buffer.subarray(0, length), (error) => error ?? feed());
		} catch (error) {
			stream.destroy(error as Error);
		}
	};
	try {
		feed();
		for await (const chunk of stream) yield chunk as Uint8Array;
	} catch (error) {
		if (error instanceof EngineError) throw error;
		throw new EngineError("corrupt", `bad ${name} data: ${(error as Error).message}`, { cause: error });
	}
}

function filtered(fd: number, program: "bzip2" | "xz"): AsyncIterable<Uint8Array> {
	const filter = startFilter([program, "-dc"], fd);
	if (filter === undefined)
		throw new EngineError(
			"unavailable",
			`archive is compressed with ${program}, and no program ${program} is installed`,
		);
	return (async function* () {
		try {
			yield* plain(readerOf(filter.fd, {}));
		} finally {
			closeFd(filter.fd);
		}
		const { exitCode, stderr } = await filter.result();
		if (exitCode !== 0) throw new EngineError("corrupt", `bad ${program} data: ${stderr.trim()}`);
	})();
}
