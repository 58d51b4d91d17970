import { expect, test } from "bun:test";
import { parseIdmap } from "./idmap-syntax.ts";

const range = (disk: number, seen: number, size: number, relative = false) => ({
	disk,
	seen,
	size,
	relative,
});

test("ranges of users and groups, of the host or relative to the container's namespace", () => {
	expect(parseIdmap("")).toEqual({ uids: [], gids: [] });
	expect(parseIdmap("uids=0-1000-1#1-1-2;gids=@0-5-10")).toEqual({
		uids: [range(0, 1000, 1), range(1, 1, 2)],
		gids: [range(0, 5, 10, true)],
	});
});

const wrong = [
	"uids=0-1-1",
	"uids=0-1-1;uids=0-1-1",
	"uids=0-1;gids=0-1-1",
	"uids=0-1-0;gids=0-1-1",
	"uids=0-4294967295-1;gids=0-0-1",
	"uids=0-0-5#4-100-1;gids=0-0-1",
	"uids=0-0-5#10-4-1;gids=0-0-1",
	"uids=-1-1-1;gids=0-0-1",
	`uids=${"0-0-1#".repeat(65)}9-9-1;gids=0-0-1`,
	"constructor=0-1-1;gids=0-0-1",
];
for (const text of wrong)
	test(`refuses ${text.slice(0, 40)}`, () => expect(() => parseIdmap(text)).toThrow("invalid idmap"));
