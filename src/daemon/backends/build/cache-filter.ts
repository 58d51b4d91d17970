import { type FilterValues, parseBoolean, parseUntil } from "../../../api/syntax.ts";
import type { CacheEntry } from "../../../builder/index.ts";
import { EngineError } from "../../../lib/index.ts";
import { cacheItem } from "./cache-item.ts";

const known = ["until", "unused-for", "id", "parent", "type", "description", "inuse", "shared", "private"];

/** Filters of `POST /build/prune`; all must fit. Errors: `invalid_argument` for one that is not known. */
export function cacheFilter(filters: FilterValues): (entry: CacheEntry) => boolean {
	const odd = [...filters.keys()].find((name) => !known.includes(name));
	if (odd !== undefined) throw new EngineError("invalid_argument", `invalid filter '${odd}'`);
	const until = parseUntil(filters.get("until") ?? filters.get("unused-for"));
	const inUse = flag(filters, "inuse");
	const shared = flag(filters, "shared");
	const isPrivate = flag(filters, "private");
	const oneOf = (name: string, values: readonly string[]) => {
		const wanted = filters.get(name);
		return wanted === undefined || wanted.some((one) => values.includes(one));
	};
	return (entry) =>
		(until === undefined || BigInt(Date.parse(entry.lastUsedAt)) * 1_000_000n <= until) &&
		(inUse === undefined || entry.inUse === inUse) &&
		(shared === undefined || entry.shared === shared) &&
		(isPrivate === undefined || entry.shared !== isPrivate) &&
		oneOf("id", [entry.id]) &&
		oneOf("parent", entry.parents) &&
		oneOf("type", [cacheItem(entry).Type]) &&
		oneOf("description", [entry.description]);
}

/** `inuse` alone is `inuse=true`. */
function flag(filters: FilterValues, name: string): boolean | undefined {
	const values = filters.get(name);
	if (values?.every((value) => value === "")) return true;
	return parseBoolean(name, values);
}
