import { expect, test } from "bun:test";
import type { CacheEntry } from "../contract.ts";
import { planPrune } from "./plan-prune.ts";

function entry(id: string, lastUsed: number, more: Partial<CacheEntry> = {}): CacheEntry {
	const at = new Date(lastUsed).toISOString();
	return {
		...{ id, kind: "step", description: id, sizeBytes: 10, createdAt: at, lastUsedAt: at, useCount: 1 },
		...{ inUse: false, shared: false, parents: [] },
		...more,
	};
}

const plan = (entries: readonly CacheEntry[], more: Partial<Parameters<typeof planPrune>[1]> = {}) =>
	planPrune(entries, { all: true, keepBytes: 0, matches: () => true, ...more }).map(({ id }) => id);

test("what was used longest ago goes first, until little enough is left", () => {
	const entries = [entry("new", 3), entry("old", 1), entry("middle", 2)];
	expect(plan(entries)).toEqual(["old", "middle", "new"]);
	expect(plan(entries, { keepBytes: 15 })).toEqual(["old", "middle"]);
	expect(plan(entries, { keepBytes: 30 })).toEqual([]);
});

test("of one time what others stand on goes last", () => {
	expect(plan([entry("below", 1), entry("above", 1, { parents: ["below"] })])).toEqual(["above", "below"]);
});

test("what is in use, does not match, or images have too stays", () => {
	const entries = [entry("used", 1, { inUse: true }), entry("shared", 2, { shared: true }), entry("free", 3)];
	expect(plan(entries, { all: false })).toEqual(["free"]);
	expect(plan(entries, { matches: ({ id }) => id !== "free" })).toEqual(["shared"]);
});
