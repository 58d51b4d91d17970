import type { BuildCacheItem } from "../../../api/index.ts";
import type { CacheEntry } from "../../../builder/index.ts";

/** Docker's names of the kinds of cache. */
const typeNames: Readonly<Record<CacheEntry["kind"], string>> = {
	step: "regular",
	mount: "exec.cachemount",
	source: "source.local",
};

/** An entry as `GET /system/df` has it. */
export function cacheItem(entry: CacheEntry): BuildCacheItem {
	return {
		ID: entry.id,
		Parents: [...entry.parents],
		Type: typeNames[entry.kind],
		Description: entry.description,
		InUse: entry.inUse,
		Shared: entry.shared,
		Size: entry.sizeBytes,
		CreatedAt: entry.createdAt,
		LastUsedAt: entry.lastUsedAt,
		UsageCount: entry.useCount,
	};
}
