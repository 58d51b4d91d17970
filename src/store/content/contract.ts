/**
 * Content-addressed blobs, `<data-root>/content/blobs/sha256/<hex>` (OCI layout rules).
 *
 * A blob appears in one step: written to `content/ingest/<n>`, fsynced, size checked, digest checked, renamed, folder
 * fsynced. After a kill at any point the blob is whole or absent; boot empties `ingest/`.
 */
import type { Descriptor, Digest } from "../../oci/index.ts";

export interface ContentStore {
	has(digest: Digest): boolean;
	/** Bytes, or `undefined` when absent. */
	size(digest: Digest): number | undefined;
	/** Absolute path, for workers that open it themselves. `not_found` when absent. */
	path(digest: Digest): string;
	/** Small blobs (manifests, configs): at most `maxBytes` (default 8 MiB), else `too_large`. */
	read(digest: Digest, maxBytes?: number): Promise<Uint8Array>;
	stream(digest: Digest, range?: { start: number; end?: number }): AsyncIterable<Uint8Array>;
	/**
	 * Stores a stream. With `expected`, a wrong size or digest is `corrupt`, nothing is kept, and more bytes than
	 * announced stop the read at once. A blob that is there already is not written again.
	 */
	write(
		source: AsyncIterable<Uint8Array>,
		expected?: Partial<Pick<Descriptor, "digest" | "size">>,
		options?: WriteOptions,
	): Promise<WrittenBlob>;
	/** Bytes in memory, written like `write`. */
	put(bytes: Uint8Array, options?: WriteOptions): Promise<WrittenBlob>;
	/** Only for garbage collection, and only what no lease and no image holds. */
	remove(digest: Digest): void;
	/** What each blob takes on the disk, and what comes on top of them: parts that are being written, folders. */
	diskUsage(): Promise<{ readonly blobs: ReadonlyMap<Digest, number>; readonly otherBytes: number }>;
	list(): Iterable<{ readonly digest: Digest; readonly size: number }>;
}

export interface WriteOptions {
	/** Holds the digest before the blob appears, so that no collection runs in between. */
	readonly lease?: { hold(id: string): void };
	readonly signal?: AbortSignal;
	/**
	 * The file that the bytes go to, before the first: for a reader that does not wait for the last. Nothing in it is
	 * verified before the write has resolved, and it moves then.
	 */
	readonly onOpen?: (path: string) => void;
	/** Bytes so far, each of them in the file. */
	readonly onProgress?: (bytes: number) => void;
	/** `too_large` beyond; default from configuration. */
	readonly maxBytes?: number;
}

export interface WrittenBlob {
	readonly digest: Digest;
	readonly size: number;
}
