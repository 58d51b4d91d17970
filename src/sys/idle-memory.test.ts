import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { cleanMappings, releaseIdleMemory } from "./idle-memory.ts";

test("only what was never written may go", () => {
	const section = (range: string, mode: string, anonymous: number, path = "/bin/x") =>
		`${range} ${mode} 00000000 fe:00 123                        ${path}\nSize:  4 kB\nAnonymous:      ${anonymous} kB\nVmFlags: rd\n`;
	const smaps = [
		section("1000-3000", "r-xp", 0),
		section("3000-4000", "r--p", 0),
		section("4000-5000", "r--p", 4),
		section("5000-6000", "rw-p", 0),
		section("6000-7000", "r-xp", 0, "/lib/other"),
	].join("");
	expect(cleanMappings(smaps, "/bin/x")).toEqual([
		{ start: 0x1000n, length: 0x2000n },
		{ start: 0x3000n, length: 0x1000n },
	]);
});

test("the program goes on, and its code pages are fewer", () => {
	const codeKb = () => {
		const sections = readFileSync("/proc/self/smaps", "latin1").split(/^(?=[0-9a-f]+-)/m);
		const own = sections.filter((text) => text.includes(process.execPath) && / r-xp /.test(text));
		return own.reduce((sum, text) => sum + Number(/^Rss: +(\d+)/m.exec(text)![1]), 0);
	};
	const before = codeKb();
	releaseIdleMemory();
	expect(codeKb()).toBeLessThan(before);
	expect(JSON.parse('{"works":[1,2,3]}')).toEqual({ works: [1, 2, 3] });
});
