import { expect, test } from "bun:test";
import { createDetachScanner, parseDetachKeys } from "./detach-keys.ts";

test("keys are written as docker has them", () => {
	expect([...parseDetachKeys("ctrl-p,ctrl-q")]).toEqual([16, 17]);
	expect([...parseDetachKeys("ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_,a")]).toEqual([
		0, 27, 28, 29, 30, 31, 97,
	]);
	for (const text of ["ctrl-xx", "ctrl-", "ab", "", "ctrl-P"])
		expect(() => parseDetachKeys(text)).toThrow("is no key");
});

const typed = (...chunks: number[][]) => {
	const scanner = createDetachScanner(parseDetachKeys("ctrl-p,ctrl-q"));
	const found = chunks.map((chunk) => scanner.push(Uint8Array.from(chunk)));
	return { pass: found.flatMap(({ pass }) => [...pass]), detached: found.at(-1)!.detached };
};

test("the keys are found in one piece, in two, and after a false start", () => {
	expect(typed([1, 16, 17])).toEqual({ pass: [1], detached: true });
	expect(typed([1, 16], [17])).toEqual({ pass: [1], detached: true });
	expect(typed([16, 16, 17])).toEqual({ pass: [16], detached: true });
});

test("what only begins like them is passed on with what follows", () => {
	expect(typed([16], [2])).toEqual({ pass: [16, 2], detached: false });
	expect(typed([16])).toEqual({ pass: [], detached: false });
	expect(typed([17, 16, 3, 17])).toEqual({ pass: [17, 16, 3, 17], detached: false });
});
