import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../../src/lib/index.ts";
import {
	chooseSnapshotDriver,
	createMetadata,
	createOverlaySnapshots,
	createPlainSnapshots,
} from "../../../src/store/index.ts";
import { snapshotSuite } from "./suite.ts";

snapshotSuite("overlay", createOverlaySnapshots);
snapshotSuite("plain", createPlainSnapshots);

const log = createLogger("error");

test("overlay is chosen where it works, plain where it does not, and what is stored decides later", async () => {
	const root = mkdtempSync(join(tmpdir(), "hull-choose-"));
	// An overlay file system cannot carry another one's upper folder.
	for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(join(root, name));
	const options = `lowerdir=${root}/lower,upperdir=${root}/upper,workdir=${root}/work`;
	execFileSync("mount", ["-t", "overlay", "-o", options, "overlay", join(root, "merged")]);
	try {
		for (const [folder, expected] of [
			["merged", "plain"],
			["lower", "overlay"],
		] as const) {
			const place = join(root, folder);
			const metadata = createMetadata({ path: join(place, "hull.db"), log });
			const driver = await chooseSnapshotDriver({ root: place, metadata, log });
			expect(driver.name).toBe(expected);
			await driver.prepare("key", undefined);
			const other = expected === "plain" ? "overlay" : "plain";
			await expect(chooseSnapshotDriver({ root: place, metadata, log }, other)).rejects.toMatchObject({
				code: "unavailable",
			});
			expect((await chooseSnapshotDriver({ root: place, metadata, log })).name).toBe(expected);
			metadata.close();
		}
	} finally {
		execFileSync("umount", [join(root, "merged")]);
		rmSync(root, { recursive: true });
	}
});
