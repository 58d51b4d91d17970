import { expect, test } from "bun:test";
import { parseCachePolicy } from "./build-cache-policy.ts";

test("limits of the build cache, and what is wrong with them", () => {
	expect(parseCachePolicy({ "min-free-space": "5g", "max-used-space": "0", "max-age": "48h" }, "gc")).toEqual(
		{
			limits: { reservedBytes: 0, maxUsedBytes: 0, minFreeBytes: 5 * 1024 ** 3 },
			maxAgeMs: 48 * 3600 * 1000,
		},
	);
	expect(parseCachePolicy({}, "gc").limits.maxUsedBytes).toBe(20 * 1024 ** 3);
	for (const [value, text] of [
		[[], "gc: expected an object"],
		[{ odd: "1" }, 'gc: unknown key "odd"'],
		[{ "max-age": 5 }, "gc.max-age: expected a text"],
		[{ "max-age": "long" }, "gc.max-age: expected a duration"],
		[{ "min-free-space": "much" }, "gc.min-free-space: expected a size"],
	] as const)
		expect(() => parseCachePolicy(value, "gc")).toThrow(text);
});
