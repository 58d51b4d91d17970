import { expect, test } from "bun:test";
import { createDenialLimit } from "./denial-limit.ts";

test("the same is told once in a minute, with how often it was not told", () => {
	let now = 0;
	const limit = createDenialLimit(() => now);
	expect(limit.take("c", "x")).toEqual({ suppressed: 0 });
	for (let i = 0; i < 5; i++) expect(limit.take("c", "x")).toBeUndefined();
	now = 60_000;
	expect(limit.take("c", "x")).toEqual({ suppressed: 5 });
});

test("many different ones are told at a rate, each container for itself", () => {
	let now = 0;
	const limit = createDenialLimit(() => now);
	const told = (container: string) =>
		Array.from({ length: 100 }, (_, index) => limit.take(container, `${now} ${index}`)).filter(Boolean)
			.length;
	expect(told("c")).toBe(30);
	expect(told("d")).toBe(30);
	now = 10_000;
	expect(told("c")).toBe(5);
	now = 1_000_000;
	expect(told("c")).toBe(30);
});
