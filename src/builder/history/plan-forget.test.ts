import { expect, test } from "bun:test";
import type { BuildRecord } from "../contract.ts";
import { planForget } from "./plan-forget.ts";

const day = 24 * 3600 * 1000;
const now = Date.parse("2026-06-01T00:00:00Z");
const build = (id: string, days: number, more: Partial<BuildRecord> = {}) => ({
	record: {
		...{ id, name: id, startedAt: new Date(now - days * day).toISOString(), state: "completed" as const },
		steps: { total: 1, completed: 1, cached: 0 },
		...more,
	},
	bytes: 10,
});
const limits = { maxBuilds: 3, maxAgeMs: 30 * day, maxBytes: 1000 };

test("what is too old, too many or too large goes, the oldest first; pinned and running builds stay", () => {
	const builds = [build("d", 1), build("a", 40), build("c", 2), build("b", 3)];
	expect(planForget(builds, limits, now)).toEqual(["a"]);
	expect(planForget(builds, { ...limits, maxBuilds: 2 }, now)).toEqual(["a", "b"]);
	expect(planForget(builds, { ...limits, maxBytes: 15 }, now)).toEqual(["a", "b", "c"]);
	const kept = [build("a", 40, { isPinned: true }), build("b", 35, { state: "running" }), build("c", 1)];
	expect(planForget(kept, { ...limits, maxBuilds: 1 }, now)).toEqual(["c"]);
	expect(planForget([], limits, now)).toEqual([]);
});
