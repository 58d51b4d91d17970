import { closeSync, fsync, openSync, rename, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { EngineError, translateSystemError } from "../../lib/index.ts";
import { createDigester, type Digest } from "../../oci/index.ts";
import type { ContentStore, WriteOptions, WrittenBlob } from "./contract.ts";

interface BlobWriterOptions {
	readonly ingest: string;
	readonly blobs: string;
	readonly pathOf: (digest: Digest) => string;
	readonly sizeOf: (digest: Digest) => number | undefined;
	readonly maxBytes: number;
}

type Expected = NonNullable<Parameters<ContentStore["write"]>[1]>;

const sync = promisify(fsync);
const move = promisify(rename);
/** Hashing and writing this much takes about a millisecond; other work gets its turn after each few. */
const pieceBytes = 1024 ** 2;
const turnBytes = 4 * pieceBytes;

/**
 * Makes {@link ContentStore.write}. On disk after a kill: until the rename a file in `ingest/`, which the next start
 * deletes; after it the whole blob, which collection deletes when nothing came to hold it.
 */
export function createBlobWriter(options: BlobWriterOptions): ContentStore["write"] {
	let ingests = 0;
	return async (source, expected = {}, writeOptions = {}) => {
		if (expected.digest !== undefined) {
			writeOptions.lease?.hold(expected.digest);
			const size = options.sizeOf(expected.digest);
			if (size !== undefined) return existing(expected, size);
		}
		const temporary = join(options.ingest, String(ingests++));
		let renamed = false;
		try {
			const written = await ingest(temporary, source, {
				expected,
				...writeOptions,
				maxBytes: writeOptions.maxBytes ?? options.maxBytes,
			});
			writeOptions.lease?.hold(written.digest);
			if (options.sizeOf(written.digest) === undefined) {
				await move(temporary, options.pathOf(written.digest));
				renamed = true;
				await syncFolder(options.blobs);
			}
			return written;
		} catch (error) {
			throw translateSystemError(error, `storing ${expected.digest ?? "content"}`);
		} finally {
			if (!renamed) unlinkIfThere(temporary);
		}
	};
}

function existing(expected: Expected, size: number): WrittenBlob {
	if (expected.size !== undefined && expected.size !== size) throw wrongSize(expected, size);
	return { digest: expected.digest!, size };
}

async function ingest(
	path: string,
	source: AsyncIterable<Uint8Array>,
	options: WriteOptions & { readonly expected: Expected; readonly maxBytes: number },
): Promise<WrittenBlob> {
	const { expected, signal, maxBytes, onOpen, onProgress } = options;
	const digester = createDigester();
	const fd = openSync(path, "wx", 0o600);
	try {
		onOpen?.(path);
		let size = 0;
		let nextTurn = turnBytes;
		for await (const chunk of source) {
			throwIfAborted(signal);
			size += chunk.length;
			if (expected.size !== undefined && size > expected.size) throw wrongSize(expected, size);
			if (size > maxBytes)
				throw new EngineError(
					"too_large",
					`${nameOf(expected)} is larger than the limit of ${maxBytes} bytes`,
				);
			for (let at = 0; at < chunk.length; at += pieceBytes) {
				const piece = chunk.subarray(at, at + pieceBytes);
				digester.update(piece);
				writeAll(fd, piece);
			}
			onProgress?.(size);
			if (size < nextTurn) continue;
			nextTurn = size + turnBytes;
			await setImmediate();
		}
		throwIfAborted(signal);
		await sync(fd);
		if (expected.size !== undefined && size !== expected.size) throw wrongSize(expected, size);
		const digest = digester.digest();
		if (expected.digest !== undefined && digest !== expected.digest)
			throw new EngineError("corrupt", `${nameOf(expected)} has the digest ${digest}`);
		return { digest, size };
	} finally {
		closeSync(fd);
	}
}

function writeAll(fd: number, bytes: Uint8Array): void {
	for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset);
}

async function syncFolder(path: string): Promise<void> {
	const fd = openSync(path, "r");
	try {
		await sync(fd);
	} finally {
		closeSync(fd);
	}
}

function unlinkIfThere(path: string): void {
	try {
		unlinkSync(path);
	} catch {
		// Never made, or the file system is read-only now: the next start empties the folder.
	}
}

function throwIfAborted(signal: AbortSignal | undefined): void {
	if (!signal?.aborted) return;
	if (signal.reason instanceof EngineError) throw signal.reason;
	throw new EngineError("cancelled", "the request was cancelled", { cause: signal.reason });
}

function wrongSize(expected: Expected, size: number): EngineError {
	const relation = size > expected.size! ? "more bytes than" : `${size} bytes instead of`;
	return new EngineError("corrupt", `${nameOf(expected)} has ${relation} the announced ${expected.size}`);
}

function nameOf(expected: Expected): string {
	return expected.digest === undefined ? "content" : `content ${expected.digest}`;
}
