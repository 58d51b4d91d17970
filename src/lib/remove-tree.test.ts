import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree, removeTreeSync } from "./remove-tree.ts";

const home = mkdtempSync(join(tmpdir(), "hull-remove-tree-"));
afterAll(() => rmSync(home, { recursive: true }));

function fill(name: string): string {
	const folder = join(home, name);
	for (const part of ["a", "b/c"]) {
		mkdirSync(join(folder, part), { recursive: true });
		for (let file = 0; file < 20; file++) writeFileSync(join(folder, part, String(file)), "");
	}
	return folder;
}

test("a folder is gone although others remove what is in it", async () => {
	for (let round = 0; round < 50; round++) {
		const folder = fill("raced");
		await Promise.all([folder, join(folder, "a"), join(folder, "b"), folder].map(removeTree));
		expect(existsSync(folder)).toBe(false);
	}
});

test("what a link points to stays", () => {
	const kept = fill("kept");
	const folder = fill("linked");
	symlinkSync(kept, join(folder, "link"));
	removeTreeSync(folder);
	expect(existsSync(folder)).toBe(false);
	expect(existsSync(join(kept, "b/c/0"))).toBe(true);
	symlinkSync(kept, folder);
	removeTreeSync(folder);
	expect(existsSync(join(kept, "b/c/0"))).toBe(true);
});

test("nothing to do for what is not there", async () => {
	removeTreeSync(join(home, "nowhere"));
	await removeTree(join(home, "nowhere"));
});
