import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Shipped, timeAtEnd } from "../ship/shipped.ts";
import { LogFollower, type LogPlace } from "./follow.ts";

let root: string;
let path: string;
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "hull-follow-"));
	path = join(root, "log");
});
afterEach(() => rmSync(root, { recursive: true }));

const line = (n: number) =>
	`${JSON.stringify({ log: `${n}\n`, stream: "stdout", time: `2026-01-01T00:00:00.00000${1000 + n}Z` })}\n`;

function readAll(follower: LogFollower): { numbers: number[]; place: LogPlace | undefined } {
	const numbers: number[] = [];
	let place: LogPlace | undefined;
	for (const { lines, identity, offset } of follower.lines()) {
		numbers.push(...lines.map((text) => Number(JSON.parse(text).log)));
		place = { identity, offset, time: timeAtEnd(lines.at(-1)!) };
	}
	return { numbers, place };
}

test("goes on behind what was shipped, over a rotation and another process's start", () => {
	writeFileSync(path, line(1) + line(2));
	using follower = new LogFollower(path, undefined, timeAtEnd);
	const { numbers, place } = readAll(follower);
	expect(numbers).toEqual([1, 2]);
	using shipped = new Shipped(join(root, "shipped"));
	expect(shipped.read()).toBeUndefined();
	shipped.write(place!);
	appendFileSync(path, line(3));
	renameSync(path, `${path}.1`);
	writeFileSync(path, line(4));
	expect(readAll(follower).numbers).toEqual([3, 4]);
	using later = new LogFollower(path, shipped.read(), timeAtEnd);
	expect(readAll(later).numbers).toEqual([3, 4]);
});

test("begins with the oldest line when what was shipped last is gone, whoever has its place now", () => {
	writeFileSync(path, line(1));
	using first = new LogFollower(path, undefined, timeAtEnd);
	const { place } = readAll(first);
	writeFileSync(path, line(5) + line(6));
	using later = new LogFollower(path, place, timeAtEnd);
	expect(readAll(later).numbers).toEqual([5, 6]);
});

test("what is too much to wait is left out at a line's end", () => {
	writeFileSync(`${path}.1`, line(1) + line(2));
	writeFileSync(path, line(3) + line(4) + line(5));
	using follower = new LogFollower(path, undefined, timeAtEnd);
	follower.skipTo(line(5).length + 10);
	expect(readAll(follower).numbers).toEqual([5]);
	expect(follower.lagBytes()).toBe(0);
});
