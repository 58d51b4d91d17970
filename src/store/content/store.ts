import { mkdirSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import {
	EngineError,
	errnoOf,
	removeTreeSync,
	syncDirectory,
	translateSystemError,
} from "../../lib/index.ts";
import { type Digest, digestFromHex, digestHex, digestOf } from "../../oci/index.ts";
import type { ContentStore } from "./contract.ts";
import { contentDiskUsage } from "./disk-usage.ts";
import { createBlobWriter } from "./write.ts";

export interface ContentStoreOptions {
	/** `<data-root>/content`. */
	readonly root: string;
	/** For one blob, unless a write says its own; default 64 GiB. */
	readonly maxBlobBytes?: number;
}

const defaultMaxBlobBytes = 64 * 1024 ** 3;
const defaultMaxReadBytes = 8 * 1024 ** 2;
const chunkBytes = 1024 ** 2;

/** Opens the store: makes its folders and empties `ingest/`, where an earlier daemon may have left parts of blobs. */
export function createContentStore({ root, maxBlobBytes }: ContentStoreOptions): ContentStore {
	const blobs = join(root, "blobs", "sha256");
	const ingest = join(root, "ingest");
	prepareFolders(root, { blobs, ingest });
	const pathOf = (digest: Digest) => join(blobs, digestHex(digest));
	const size = (digest: Digest) => statSync(pathOf(digest), { throwIfNoEntry: false })?.size;
	const write = createBlobWriter({
		ingest,
		blobs,
		pathOf,
		sizeOf: size,
		maxBytes: maxBlobBytes ?? defaultMaxBlobBytes,
	});

	return {
		has: (digest) => size(digest) !== undefined,
		size,
		path(digest) {
			if (size(digest) === undefined) throw absent(digest);
			return pathOf(digest);
		},
		async read(digest, maxBytes = defaultMaxReadBytes) {
			await using file = await openBlob(pathOf(digest), digest);
			const { size: bytes } = await file.stat();
			if (bytes > maxBytes)
				throw new EngineError("too_large", `content ${digest} has ${bytes} bytes, more than ${maxBytes}`);
			const content = await file.readFile();
			if (digestOf(content) !== digest)
				throw new EngineError("corrupt", `content ${digest} is damaged on disk: ${pathOf(digest)}`);
			return content;
		},
		stream: (digest, range) =>
			streamBlob(pathOf(digest), { digest, start: range?.start ?? 0, end: range?.end }),
		write,
		put: (bytes, options) => write(once(bytes), { digest: digestOf(bytes), size: bytes.length }, options),
		remove(digest) {
			try {
				unlinkSync(pathOf(digest));
			} catch (error) {
				if (errnoOf(error) !== "ENOENT") throw translateSystemError(error, `content ${digest}`);
			}
		},
		diskUsage: () => contentDiskUsage({ root, blobs }),
		*list() {
			for (const name of readdirSync(blobs)) {
				// A file that somebody else put here is none of ours.
				if (!/^[0-9a-f]{64}$/.test(name)) continue;
				const digest = digestFromHex(name);
				const bytes = size(digest);
				if (bytes !== undefined) yield { digest, size: bytes };
			}
		},
	};
}

function prepareFolders(root: string, { blobs, ingest }: { blobs: string; ingest: string }): void {
	try {
		mkdirSync(blobs, { recursive: true, mode: 0o700 });
		removeTreeSync(ingest);
		mkdirSync(ingest, { mode: 0o700 });
		syncDirectory(root);
	} catch (error) {
		throw translateSystemError(error, root);
	}
}

async function openBlob(path: string, digest: Digest): Promise<FileHandle> {
	try {
		return await open(path, "r");
	} catch (error) {
		throw errnoOf(error) === "ENOENT" ? absent(digest) : error;
	}
}

/** `end` is exclusive. */
async function* streamBlob(
	path: string,
	{ digest, start, end }: { digest: Digest; start: number; end?: number | undefined },
): AsyncIterable<Uint8Array> {
	await using file = await openBlob(path, digest);
	let position = start;
	while (end === undefined || position < end) {
		const wanted = Math.min(chunkBytes, (end ?? Number.POSITIVE_INFINITY) - position);
		const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
		if (bytesRead === 0) return;
		yield buffer.subarray(0, bytesRead);
		position += bytesRead;
	}
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	yield bytes;
}

function absent(digest: Digest): EngineError {
	return new EngineError("not_found", `content ${digest} not found`);
}
