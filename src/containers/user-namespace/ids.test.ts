import { expect, test } from "bun:test";
import { firstFree, outsideOf, parseSubordinateIds, rangeSize } from "./ids.ts";

const start = 0x2000_0000;

test("a range is nobody's: no other container's, and no user's of the host", () => {
	expect(firstFree(new Set(), [])).toBe(start);
	expect(firstFree(new Set([start, start + 2 * rangeSize]), [])).toBe(start + rangeSize);
	const delegated = parseSubordinateIds(`user:${start + 10}:5\n# none\n\nbad:x:1\nother:100000:65536\n`);
	expect(delegated.map(({ owner }) => owner)).toEqual(["user", "other"]);
	expect(
		firstFree(
			new Set(),
			delegated.map(({ range }) => range),
		),
	).toBe(start + rangeSize);
});

test("when all are taken that is said", () => {
	const all = [{ inside: 0, outside: 0, size: 2 ** 32 }];
	expect(() => firstFree(new Set(), all)).toThrow("no range of user ids is left");
});

test("an id is somebody outside, or nobody", () => {
	const ranges = [
		{ inside: 0, outside: 1000, size: 1 },
		{ inside: 1, outside: 5000, size: 10 },
	];
	expect([0, 1, 10].map((id) => outsideOf(ranges, id, "user id"))).toEqual([1000, 5000, 5009]);
	expect(() => outsideOf(ranges, 11, "user id")).toThrow("user id 11 is not there");
});
