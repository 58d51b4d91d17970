import type { CacheEntry, CacheLimits, PruneOptions } from "../contract.ts";

/** Of the file system that the cache is on. */
export interface Space {
	readonly freeBytes: number;
}

/**
 * What goes, in its order: what was used longest ago, of one time what others stand on last. Without limits all that
 * matches goes. With them entries go until those hold, and what images have too is left, as removing it frees nothing.
 * What is in use never goes. Pure.
 */
export function planPrune(
	entries: readonly CacheEntry[],
	options: PruneOptions,
	space: Space,
): readonly CacheEntry[] {
	const { matches, all } = options;
	let bytes = entries.reduce((sum, entry) => sum + ownBytes(entry), 0);
	const keepBytes = bytesToKeep(bytes, options, space);
	const users = new Map<string, number>();
	for (const { parents } of entries)
		for (const parent of parents) users.set(parent, (users.get(parent) ?? 0) + 1);
	const left = entries
		.filter((entry) => !entry.inUse && matches(entry))
		.filter(({ shared }) => !shared || (all && keepBytes === undefined))
		.sort(
			(one, other) =>
				compare(one.lastUsedAt, other.lastUsedAt) ||
				(users.get(one.id) ?? 0) - (users.get(other.id) ?? 0) ||
				compare(other.createdAt, one.createdAt),
		);
	const gone: CacheEntry[] = [];
	for (const entry of left) {
		if (keepBytes !== undefined && bytes <= keepBytes) break;
		gone.push(entry);
		bytes -= ownBytes(entry);
	}
	return gone;
}

/**
 * How large the cache may stay: not above what it may use, less where the file system is too full, but never below
 * what is reserved for it. `undefined`: there are no limits. As BuildKit's options of the same names.
 */
export function bytesToKeep(
	usedBytes: number,
	{ reservedBytes, maxUsedBytes, minFreeBytes }: CacheLimits,
	{ freeBytes }: Space,
): number | undefined {
	if (reservedBytes === 0 && maxUsedBytes === 0 && minFreeBytes === 0) return undefined;
	if (maxUsedBytes === 0 && minFreeBytes === 0) return reservedBytes;
	const most = maxUsedBytes === 0 ? usedBytes : maxUsedBytes;
	const missing = Math.max(0, minFreeBytes - freeBytes);
	return Math.max(reservedBytes, Math.min(most, usedBytes - missing));
}

function ownBytes({ shared, sizeBytes }: CacheEntry): number {
	return shared ? 0 : sizeBytes;
}

function compare(one: string, other: string): number {
	return one < other ? -1 : one > other ? 1 : 0;
}
