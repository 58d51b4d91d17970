import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../../src/lib/index.ts";
import { createMetadata, createOverlaySnapshots, createPlainSnapshots } from "../../../src/store/index.ts";
import { type CrashOrder, layer } from "./crash-child.ts";
import { runInTree } from "./see-mounts.ts";

let root: string;
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "hull-snapshots-crash-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Runs one operation in a process; with a failpoint it must die there. */
function run(order: Omit<CrashOrder, "root">, failpoint?: string): void {
	const child = join(import.meta.dir, "crash-child.ts");
	const environment = { ...process.env, ...(failpoint === undefined ? {} : { HULL_FAILPOINT: failpoint }) };
	const result = spawnSync(process.execPath, [child, JSON.stringify({ root, ...order })], {
		env: environment,
	});
	if (failpoint === undefined) expect(result.stderr.toString()).toBe("");
	expect(result.signal).toBe(failpoint === undefined ? null : "SIGKILL");
}

/** What a new start finds, once it has cleaned up. */
async function look(driver: CrashOrder["driver"]) {
	const lines: string[] = [];
	const log = createLogger("info", (line) => lines.push(line));
	const metadata = createMetadata({ path: join(root, "hull.db"), log });
	const snapshots = (driver === "overlay" ? createOverlaySnapshots : createPlainSnapshots)({
		root,
		metadata,
		log,
	});
	await snapshots.settle();
	const found = {
		layer: snapshots.hasLayer(layer) ? runInTree(snapshots.layerMounts(layer), "cat file") : undefined,
		keys: [...snapshots.keys()],
		folders: readdirSync(join(root, "snapshots")).filter((name) => name !== "removing").length,
		removing: readdirSync(join(root, "snapshots", "removing")).length,
		lines,
	};
	metadata.close();
	return found;
}

const clean = { removing: 0, lines: [] };

for (const driver of ["overlay", "plain"] as const) {
	describe(`${driver}: killed`, () => {
		const whole = { layer: "content", keys: [], folders: 1, ...clean };

		for (const point of ["snapshots.create.after-folder", "snapshots.commit.before-row"])
			test(`at ${point}: the layer is not there and can be made again`, async () => {
				run({ driver, operation: "layer" }, point);
				expect(await look(driver)).toEqual({ layer: undefined, keys: [], folders: 0, ...clean });
				run({ driver, operation: "layer" });
				expect(await look(driver)).toEqual(whole);
			});

		test("after the layer's row: it is there, and the same again changes nothing", async () => {
			run({ driver, operation: "layer" }, "snapshots.commit.after-row");
			expect(await look(driver)).toEqual(whole);
			run({ driver, operation: "layer" });
			expect(await look(driver)).toEqual(whole);
		});

		for (const point of ["snapshots.create.after-folder", "snapshots.prepare.before-row"])
			test(`at ${point}: the container's tree is not there and can be made again`, async () => {
				run({ driver, operation: "layer" });
				run({ driver, operation: "prepare" }, point);
				expect(await look(driver)).toEqual(whole);
				run({ driver, operation: "prepare" });
				expect(await look(driver)).toEqual({ ...whole, keys: ["key"], folders: 2 });
			});

		test("after the container's row: its tree is there", async () => {
			run({ driver, operation: "layer" });
			run({ driver, operation: "prepare" }, "snapshots.prepare.after-row");
			expect(await look(driver)).toEqual({ ...whole, keys: ["key"], folders: 2 });
		});

		for (const point of ["snapshots.remove.after-row", "snapshots.remove.after-rename"])
			test(`at ${point}: the container's tree is gone`, async () => {
				run({ driver, operation: "layer" });
				run({ driver, operation: "prepare" });
				run({ driver, operation: "remove" }, point);
				expect(await look(driver)).toEqual(whole);
				run({ driver, operation: "prepare" });
				expect(await look(driver)).toEqual({ ...whole, keys: ["key"], folders: 2 });
			});

		for (const point of ["snapshots.create.after-folder", "snapshots.machine.after-disk"])
			test(`at ${point}: the machine's disk is not there and can be made again`, async () => {
				run({ driver, operation: "layer" });
				run({ driver, operation: "machine" }, point);
				expect(await look(driver)).toEqual(whole);
				run({ driver, operation: "machine" });
				expect(await look(driver)).toEqual({ ...whole, keys: ["key"], folders: 2 });
			});

		for (const point of ["snapshots.layer-image.after-write", "snapshots.layer-image.after-rename"])
			test(`at ${point}: the layer's image is whole or absent, and can be made again`, async () => {
				const files = () => readdirSync(join(root, "snapshots", "1")).sort();
				run({ driver, operation: "layer" });
				run({ driver, operation: "machine" });
				run({ driver, operation: "machine-root" }, point);
				await look(driver);
				expect(files()).toEqual(point.endsWith("rename") ? ["fs", "layer.erofs"] : ["fs"]);
				run({ driver, operation: "machine-root" });
				expect(files()).toEqual(["fs", "layer.erofs"]);
			});

		test("after a layer's row is deleted: it is gone", async () => {
			run({ driver, operation: "layer" });
			run({ driver, operation: "remove-layer" }, "snapshots.remove-layer.after-row");
			expect(await look(driver)).toEqual({ layer: undefined, keys: [], folders: 0, ...clean });
		});
	});
}
