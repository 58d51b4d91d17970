import type { CacheEntry, PruneOptions } from "../contract.ts";

/**
 * What goes, in its order: what was used longest ago, of one time what others stand on last. Without a size to keep
 * all that matches goes. What is in use never goes. Pure.
 */
export function planPrune(
	entries: readonly CacheEntry[],
	{ keepBytes, matches, all }: PruneOptions,
): readonly CacheEntry[] {
	let bytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
	const users = new Map<string, number>();
	for (const { parents } of entries)
		for (const parent of parents) users.set(parent, (users.get(parent) ?? 0) + 1);
	const left = entries
		.filter((entry) => !entry.inUse && (all || !entry.shared) && matches(entry))
		.sort(
			(one, other) =>
				compare(one.lastUsedAt, other.lastUsedAt) ||
				(users.get(one.id) ?? 0) - (users.get(other.id) ?? 0) ||
				compare(other.createdAt, one.createdAt),
		);
	const gone: CacheEntry[] = [];
	for (const entry of left) {
		if (keepBytes > 0 && bytes <= keepBytes) break;
		gone.push(entry);
		bytes -= entry.sizeBytes;
	}
	return gone;
}

function compare(one: string, other: string): number {
	return one < other ? -1 : one > other ? 1 : 0;
}
