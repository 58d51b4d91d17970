/** Snapshots in a process of their own, which dies at `HULL_FAILPOINT`: runs one operation. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLogger } from "../../../src/lib/index.ts";
import { digestOf } from "../../../src/oci/index.ts";
import { createMetadata, createOverlaySnapshots, createPlainSnapshots } from "../../../src/store/index.ts";

export interface CrashOrder {
	readonly root: string;
	readonly driver: "overlay" | "plain";
	readonly operation: "layer" | "prepare" | "remove" | "remove-layer" | "machine" | "machine-root";
}

export const layer = digestOf("layer");

if (import.meta.main) {
	const { root, driver: name, operation } = JSON.parse(process.argv[2]!) as CrashOrder;
	const log = createLogger("info");
	const metadata = createMetadata({ path: join(root, "hull.db"), log });
	const create = name === "overlay" ? createOverlaySnapshots : createPlainSnapshots;
	const driver = create({ root, metadata, log });
	if (operation === "layer") {
		await using staged = await driver.stage(undefined);
		writeFileSync(join(staged.directory, "file"), "content");
		await staged.commit(layer, { bytes: 7, inodes: 1 });
	} else if (operation === "prepare") await driver.prepare("key", layer);
	else if (operation === "machine") await driver.prepareMachine("key", layer, 64 * 1024 * 1024);
	else if (operation === "machine-root") await driver.machineRoot("key");
	else if (operation === "remove") await driver.remove("key");
	else await driver.removeLayer(layer);
	await driver.settle();
}
