import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createLogger } from "../../../src/lib/index.ts";
import { chainId, type Digest, digestOf } from "../../../src/oci/index.ts";
import {
	createMetadata,
	type MachineRoot,
	type Metadata,
	type SnapshotDriver,
	type SnapshotOptions,
} from "../../../src/store/index.ts";
import { runInTree } from "./see-mounts.ts";

const upperBytes = 1024 ** 3;

/** What every snapshot driver must do for virtual machines. */
export function machineSnapshotSuite(
	name: string,
	create: (options: SnapshotOptions) => SnapshotDriver,
): void {
	describe(`snapshot driver ${name}, for machines`, () => {
		let root: string;
		let metadata: Metadata;
		let driver: SnapshotDriver;
		beforeEach(() => {
			root = mkdtempSync(join(tmpdir(), `hull-machines-${name}-`));
			const log = createLogger("error");
			metadata = createMetadata({ path: join(root, "hull.db"), log });
			driver = create({ root, metadata, log });
		});
		afterEach(async () => {
			await driver.settle();
			metadata.close();
			rmSync(root, { recursive: true });
		});

		/** One layer for each script, which runs in its folder. */
		const makeLayers = async (...scripts: string[]): Promise<Digest[]> => {
			const diffIds = scripts.map((script, index) => digestOf(`${index} ${script}`));
			const ids = diffIds.map((_, index) => chainId(diffIds.slice(0, index + 1))!);
			for (const [index, id] of ids.entries()) {
				await using staged = await driver.stage(ids[index - 1]);
				execFileSync("sh", ["-ec", scripts[index]!], { cwd: staged.directory });
				await staged.commit(id, { bytes: 1, inodes: 1 });
			}
			return ids;
		};

		test("a machine sees what a container sees", async () => {
			const remove = name === "overlay" ? "mknod gone c 0 0" : "rm gone";
			const opaque =
				name === "overlay"
					? "mkdir dir; setfattr -n trusted.overlay.opaque -v y dir"
					: "rm -r dir; mkdir dir";
			const ids = await makeLayers(
				"echo 0 > shared; echo x > gone; mkdir dir; echo y > dir/hidden",
				`echo 1 > shared; ${remove}; ${opaque}; echo z > dir/new`,
				"echo a > a; ln a b; mkfifo fifo; mknod null c 1 3; ln -s nowhere link; touch -d @1 s; chown 70000:2 s; " +
					"chmod 4751 s; setfattr -n user.note -v value a; setfattr -n trusted.note -v value a",
			);
			await driver.prepareMachine("machine", ids.at(-1), upperBytes);
			await driver.prepare("container", ids.at(-1));
			const look =
				"find . | sort; cat shared; stat -c '%n %h %a %u:%g %t:%T %F %Y' a b fifo null s; readlink link; " +
				"getfattr --only-values -n user.note b; getfattr --only-values -n trusted.note b";
			const seen = runOnDisks(await driver.machineRoot("machine"), look);
			expect(seen).toBe(runInTree(driver.mounts("container"), look));
			expect(seen).toContain("./dir/new");
			expect(seen).not.toContain("hidden");
			expect(runInTree(driver.mounts("machine"), look)).toBe(seen);
		});

		test("layers are the topmost first, as whole sectors, and an image without layers has none", async () => {
			const ids = await makeLayers("echo 0 > zero", "echo 1 > one");
			await driver.prepareMachine("machine", ids[1], upperBytes);
			const { layers, upper } = await driver.machineRoot("machine");
			const files = layers.map(({ path, bytes }) => {
				expect(statSync(path).size).toBe(bytes);
				expect(bytes % 512).toBe(0);
				return runOnDisks({ layers: [{ path, bytes }], upper }, "echo *").trim();
			});
			expect(files).toEqual(name === "overlay" ? ["one", "zero"] : ["one zero"]);
			await driver.prepareMachine("empty", undefined, upperBytes);
			expect((await driver.machineRoot("empty")).layers).toEqual([]);
		});

		test("two that want a layer's image at once get the same one, which goes with its layer", async () => {
			const [id] = await makeLayers("seq 100000 > file");
			await driver.prepareMachine("one", id, upperBytes);
			await driver.prepareMachine("two", id, upperBytes);
			const both = await Promise.all([driver.machineRoot("one"), driver.machineRoot("two")]);
			expect(both[0].layers).toEqual(both[1].layers);
			const { path } = both[0].layers[0]!;
			expect(readdirSync(dirname(path)).sort()).toEqual(["fs", "layer.erofs"]);
			const { ino } = statSync(path);
			await driver.machineRoot("one");
			expect(statSync(path).ino).toBe(ino);
			await expect(driver.removeLayer(id!)).rejects.toMatchObject({ code: "conflict" });
			await driver.remove("one");
			await driver.remove("two");
			await driver.removeLayer(id!);
			await driver.settle();
			expect(readdirSync(join(root, "snapshots"))).toEqual(["removing"]);
		});

		test("a file that is mostly holes makes no big image", async () => {
			const [id] = await makeLayers("truncate -s 256M sparse; echo end >> sparse");
			await driver.prepareMachine("machine", id, upperBytes);
			const disks = await driver.machineRoot("machine");
			expect(disks.layers[0]!.bytes).toBeLessThan(4 * 1024 * 1024);
			expect(runOnDisks(disks, "stat -c %s sparse; tail -c 4 sparse")).toBe("268435460\nend\n");
		});

		test("the writable disk has the size asked for, takes little at first, and belongs to one machine", async () => {
			const [id] = await makeLayers("echo x > file");
			await driver.prepareMachine("one", id, upperBytes);
			await driver.prepareMachine("two", id, upperBytes);
			const one = (await driver.machineRoot("one")).upper!;
			const two = (await driver.machineRoot("two")).upper!;
			expect(one.sizeBytes).toBe(upperBytes);
			expect(statSync(one.path).size).toBe(upperBytes);
			expect(one.path).not.toBe(two.path);
			const before = await driver.usage("one");
			expect(before.bytes).toBeLessThan(1024 * 1024);
			writeOnDisk(one.path, "dd if=/dev/urandom of=big bs=1M count=8 status=none; echo mine > file; sync");
			expect((await driver.usage("one")).bytes - before.bytes).toBeGreaterThan(8 * 1024 * 1024);
			expect(writeOnDisk(two.path, "ls")).toBe("lost+found\n");
			expect(driver.changesDirectory("one")).toBeUndefined();
		});

		test("a copy has the other's files and goes its own way", async () => {
			const [id] = await makeLayers("echo x > file");
			await driver.prepareMachine("one", id, upperBytes);
			writeOnDisk((await driver.machineRoot("one")).upper!.path, "echo same > both; echo x > other");
			await driver.copyMachine("two", "one");
			const [one, two] = await Promise.all([driver.machineRoot("one"), driver.machineRoot("two")]);
			expect(two.layers).toEqual(one.layers);
			expect(writeOnDisk(two.upper!.path, "cat both; rm other")).toBe("same\n");
			expect(writeOnDisk(one.upper!.path, "cat other")).toBe("x\n");
			expect((await driver.usage("two")).bytes).toBeLessThan(1024 * 1024);
			await expect(driver.copyMachine("two", "one")).rejects.toMatchObject({ code: "conflict" });
			await expect(driver.copyMachine("three", "none")).rejects.toMatchObject({ code: "not_found" });
		});

		test("errors name what is wrong, and leave no folder", async () => {
			const [id] = await makeLayers("echo x > file");
			await driver.prepare("container", id);
			const before = readdirSync(join(root, "snapshots"));
			await expect(driver.machineRoot("container")).rejects.toMatchObject({
				code: "conflict",
				message: "snapshot container is no machine's",
			});
			await expect(driver.machineRoot("none")).rejects.toMatchObject({ code: "not_found" });
			await expect(driver.prepareMachine("container", id, upperBytes)).rejects.toMatchObject({
				code: "conflict",
			});
			await expect(driver.prepareMachine("small", id, 1000)).rejects.toMatchObject({
				code: "invalid_argument",
			});
			await expect(driver.prepareMachine("other", digestOf("absent"), upperBytes)).rejects.toMatchObject({
				code: "not_found",
			});
			await driver.settle();
			expect(readdirSync(join(root, "snapshots"))).toEqual(before);
		});

		test("a part of an image that a kill left is replaced", async () => {
			const [id] = await makeLayers("echo x > file");
			await driver.prepareMachine("machine", id, upperBytes);
			const part = join(root, "snapshots", "1", "layer.erofs.part");
			writeFileSync(part, "rubbish");
			expect(runOnDisks(await driver.machineRoot("machine"), "cat file")).toBe("x\n");
			expect(existsSync(part)).toBe(false);
		});
	});
}

/** Mounts the layers' images as a guest would and runs a script at the root of them all. */
function runOnDisks({ layers }: MachineRoot, script: string): string {
	const place = mkdtempSync(join(tmpdir(), "hull-disks-"));
	const mounts = layers.map(
		({ path }, index) => `mkdir ${index}; mount -t erofs -o ro,loop ${path} ${index}`,
	);
	const folders = layers.map((_, index) => index).join(":");
	const overlay =
		layers.length === 1 ? "mount --bind 0 root" : `mount -t overlay -o ro,lowerdir=${folders} overlay root`;
	return runAside(place, [...mounts, "mkdir root", overlay, "cd root", script]);
}

/** Mounts a machine's disk and runs a script in it. Only these tests' own disks: a real machine's are not to be trusted. */
function writeOnDisk(path: string, script: string): string {
	const place = mkdtempSync(join(tmpdir(), "hull-disk-"));
	execFileSync("fsck.ext4", ["-n", "-f", path], { stdio: "ignore" });
	return runAside(place, [`mkdir root; mount -o loop ${path} root`, "cd root", script]);
}

function runAside(place: string, steps: readonly string[]): string {
	const script = [`mount -t tmpfs tmpfs ${place}`, `cd ${place}`, ...steps].join("\n");
	try {
		return execFileSync("unshare", ["--mount", "--propagation", "private", "sh", "-ec", script], {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"],
		});
	} finally {
		rmSync(place, { recursive: true });
	}
}
