import { expect, test } from "bun:test";
import type { CacheEntry } from "../contract.ts";
import { bytesToKeep, planPrune } from "./plan-prune.ts";

function entry(id: string, lastUsed: number, more: Partial<CacheEntry> = {}): CacheEntry {
	const at = new Date(lastUsed).toISOString();
	return {
		...{ id, kind: "step", description: id, sizeBytes: 10, createdAt: at, lastUsedAt: at, useCount: 1 },
		...{ inUse: false, shared: false, parents: [] },
		...more,
	};
}

const none = { reservedBytes: 0, maxUsedBytes: 0, minFreeBytes: 0 };
const plan = (
	entries: readonly CacheEntry[],
	more: Partial<Parameters<typeof planPrune>[1]> = {},
	freeBytes = 1000,
) =>
	planPrune(entries, { all: true, ...none, matches: () => true, ...more }, { freeBytes }).map(({ id }) => id);

test("what was used longest ago goes first, until little enough is left", () => {
	const entries = [entry("new", 3), entry("old", 1), entry("middle", 2)];
	expect(plan(entries)).toEqual(["old", "middle", "new"]);
	expect(plan(entries, { maxUsedBytes: 15 })).toEqual(["old", "middle"]);
	expect(plan(entries, { reservedBytes: 15 })).toEqual(["old", "middle"]);
	expect(plan(entries, { maxUsedBytes: 30 })).toEqual([]);
});

test("limits as BuildKit's: room on the disk, and what is reserved in any case", () => {
	const keep = (limits: Partial<typeof none>, freeBytes = 50) =>
		bytesToKeep(100, { ...none, ...limits }, { freeBytes });
	expect(keep({})).toBeUndefined();
	expect(keep({ minFreeBytes: 40 })).toBe(100);
	expect(keep({ minFreeBytes: 70 })).toBe(80);
	expect(keep({ minFreeBytes: 70, maxUsedBytes: 60 })).toBe(60);
	expect(keep({ minFreeBytes: 200, reservedBytes: 30 })).toBe(30);
	expect(keep({ maxUsedBytes: 20, reservedBytes: 30 })).toBe(30);
	expect(plan([entry("old", 1), entry("new", 2)], { minFreeBytes: 15 }, 10)).toEqual(["old"]);
});

test("with limits what images have too counts nothing and stays: it would free nothing", () => {
	const entries = [entry("shared", 1, { shared: true }), entry("own", 2)];
	expect(plan(entries, { maxUsedBytes: 10 })).toEqual([]);
	expect(plan(entries, { maxUsedBytes: 5 })).toEqual(["own"]);
});

test("of one time what others stand on goes last", () => {
	expect(plan([entry("below", 1), entry("above", 1, { parents: ["below"] })])).toEqual(["above", "below"]);
});

test("what is in use, does not match, or images have too stays", () => {
	const entries = [entry("used", 1, { inUse: true }), entry("shared", 2, { shared: true }), entry("free", 3)];
	expect(plan(entries, { all: false })).toEqual(["free"]);
	expect(plan(entries, { matches: ({ id }) => id !== "free" })).toEqual(["shared"]);
});
