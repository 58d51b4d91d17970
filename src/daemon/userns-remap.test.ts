import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseUsernsRemap } from "./userns-remap.ts";

const etc = mkdtempSync(join(tmpdir(), "hull-subids-"));
writeFileSync(join(etc, "subuid"), "max:100000:65536\nmax:300000:10\n");
writeFileSync(join(etc, "subgid"), "staff:200000:65536\n");
afterAll(() => rmSync(etc, { recursive: true }));

test("nobody, each container by itself, or the ranges of a user one after the other", () => {
	expect(parseUsernsRemap("", etc)).toEqual({ kind: "host" });
	expect(parseUsernsRemap("auto", etc)).toEqual({ kind: "own" });
	expect(parseUsernsRemap("max:staff", etc)).toEqual({
		kind: "remapped",
		ids: {
			uids: [
				{ inside: 0, outside: 100_000, size: 65_536 },
				{ inside: 65_536, outside: 300_000, size: 10 },
			],
			gids: [{ inside: 0, outside: 200_000, size: 65_536 }],
		},
	});
});

for (const text of ["default", "max", "nobody:staff", ":", "a:b:c"])
	test(`refuses ${text}`, () =>
		expect(() => parseUsernsRemap(text, etc)).toThrow(`--userns-remap ${text}: `));
