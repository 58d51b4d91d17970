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

/**
 * Recognises the compression of an open file or socket by its first bytes. gzip and zstd are undone in this process;
 * bzip2 and xz by the programs of these names, started here, before the worker's root changes and hides them.
 */
export function openInput(fd: number, onRead: (bytes: number) => void = () => {}): ArchiveInput {
	const compression = recogniseCompression(peekBytes(fd, MAGIC_BYTES));
	return { compression, chunks: uncompressed(fd, compression, onRead) };
}

function uncompressed(
	fd: number,
	compression: Compression,
	onRead: (bytes: number) => void,
): AsyncIterable<Uint8Array> {
	switch (compression) {
		case "none":
			return plain(fd, onRead);
		case "gzip":
			return decompress(fd, { stream: createGunzip({ chunkSize: CHUNK_BYTES }), name: compression, onRead });
		case "zstd":
			return decompress(fd, {
				stream: createZstdDecompress({ chunkSize: CHUNK_BYTES }),
				name: compression,
				onRead,
			});
		case "bzip2":
		case "xz":
			return filtered(fd, compression);
		default:
			return compression satisfies never;
	}
}

async function* plain(
	fd: number,
	onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
	const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	for (let total = 0; ; ) {
		const length = readSync(fd, buffer, 0, CHUNK_BYTES, null);
		if (length === 0) return;
		total += length;
		onRead(total);
		yield buffer.subarray(0, length);
	}
}

async function* decompress(
	fd: number,
	{ stream, name, onRead }: { stream: Transform; name: string; onRead: (bytes: number) => void },
): AsyncGenerator<Uint8Array, void, undefined> {
	// One buffer for all: a write is called back when its input has been taken.
	const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	let total = 0;
	const feed = () => {
		const length = readSync(fd, buffer, 0, CHUNK_BYTES, null);
		total += length;
		onRead(total);
		if (length === 0) stream.end();
		else stream.write(buffer.subarray(0, length), (error) => error ?? feed());
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
			yield* plain(filter.fd, () => {});
		} finally {
			closeFd(filter.fd);
		}
		const { exitCode, stderr } = await filter.result();
		if (exitCode !== 0) throw new EngineError("corrupt", `bad ${program} data: ${stderr.trim()}`);
	})();
}
