import { expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArchiveOutput } from "./output.ts";

test("a large piece that would fit behind small ones does not go out before them", () => {
	const folder = mkdtempSync(join(tmpdir(), "hull-output-"));
	const path = join(folder, "out");
	const fd = openSync(path, "wx");
	try {
		const pieces = [10, 200_000, 5, 131_073, 262_144, 1].map((length, index) => Buffer.alloc(length, index));
		const output = new ArchiveOutput(fd);
		for (const piece of pieces) output.write(piece);
		output.flush();
		expect(readFileSync(path).equals(Buffer.concat(pieces))).toBe(true);
	} finally {
		closeSync(fd);
		rmSync(folder, { recursive: true });
	}
});
