import { type Digest, isDigest } from "../../oci/index.ts";

/** One step's result, as the database has it, by its cache key. */
export interface CacheRecord {
	readonly key: Digest;
	/** `RUN make`, without its place in the Dockerfile. */
	readonly description: string;
	/** What the key is made of, so that a miss can be explained. */
	readonly parts: Readonly<Record<string, string>>;
	/** What it added; `undefined`: it changed nothing. */
	readonly layer?: CachedLayer;
	/** Key of the step that it stands on. */
	readonly parent?: Digest;
	/** RFC 3339. */
	readonly createdAt: string;
	readonly lastUsedAt: string;
	readonly useCount: number;
	/** When the host was started that it was made on: until it is synced it counts for that time alone. */
	readonly bootId: string;
	readonly isSynced: boolean;
}

export interface CachedLayer {
	readonly diffId: Digest;
	/** The blob in the content store. */
	readonly digest: Digest;
	readonly size: number;
	/** Of the stack with this layer on top, as it was made. */
	readonly chainId: Digest;
	/** Bytes of its files. */
	readonly unpackedBytes: number;
}

/** What an older or a damaged row could have wrong. */
export function parseCacheRecord(value: unknown): CacheRecord {
	const record = value as CacheRecord;
	const { key, description, parts, layer, createdAt, lastUsedAt, useCount, bootId } = record;
	if (!isDigest(key) || typeof description !== "string" || typeof bootId !== "string")
		throw new Error("no cache record");
	if (typeof parts !== "object" || parts === null) throw new Error("no parts of the key");
	if (typeof useCount !== "number" || Number.isNaN(Date.parse(createdAt) + Date.parse(lastUsedAt)))
		throw new Error("no times");
	if (layer !== undefined && ![layer.diffId, layer.digest, layer.chainId].every(isDigest))
		throw new Error("no digests of the layer");
	return record;
}
