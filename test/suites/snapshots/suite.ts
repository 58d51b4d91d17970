import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../../src/lib/index.ts";
import { chainId, type Digest, digestOf } from "../../../src/oci/index.ts";
import {
	createMetadata,
	type Metadata,
	type SnapshotDriver,
	type SnapshotOptions,
} from "../../../src/store/index.ts";
import { runInTree } from "./see-mounts.ts";

const usage = { bytes: 1, inodes: 1 };

function duOf(path: string): number {
	return Number(execFileSync("du", ["-s", "--block-size=1", path], { encoding: "utf8" }).split("\t")[0]);
}

/** What every snapshot driver must do. */
export function snapshotSuite(name: string, create: (options: SnapshotOptions) => SnapshotDriver): void {
	describe(`snapshot driver ${name}`, () => {
		let root: string;
		let metadata: Metadata;
		let driver: SnapshotDriver;
		const open = () => {
			const log = createLogger("error");
			metadata = createMetadata({ path: join(root, "hull.db"), log });
			driver = create({ root, metadata, log });
		};
		const reopen = async () => {
			await driver.settle();
			metadata.close();
			open();
		};
		beforeEach(() => {
			root = mkdtempSync(join(tmpdir(), `hull-snapshots-${name}-`));
			open();
		});
		afterEach(async () => {
			await driver.settle();
			metadata.close();
			rmSync(root, { recursive: true });
		});

		/** Layers `0`, `1`, …, each with a file of its number and its own version of `/shared`. */
		const makeLayers = async (count: number): Promise<Digest[]> => {
			const diffIds = Array.from({ length: count }, (_, index) => digestOf(`layer ${index}`));
			const ids = diffIds.map((_, index) => chainId(diffIds.slice(0, index + 1))!);
			for (const [index, id] of ids.entries()) {
				await using staged = await driver.stage(ids[index - 1]);
				writeFileSync(join(staged.directory, `file-${index}`), `${index}`);
				writeFileSync(join(staged.directory, "shared"), `${index}`);
				await staged.commit(id, usage);
			}
			return ids;
		};
		const folders = () => readdirSync(join(root, "snapshots")).filter((folder) => /^\d+$/.test(folder));

		test("a container sees all layers, the upper ones first, and writes for itself", async () => {
			const ids = await makeLayers(3);
			await driver.prepare("one", ids[2]);
			await driver.prepare("two", ids[2]);
			expect(runInTree(driver.mounts("one"), "cat file-0 file-1 file-2 shared; echo mine > new")).toBe(
				"0122",
			);
			expect(runInTree(driver.mounts("one"), "cat new; rm file-0; ls")).toBe(
				"mine\nfile-1\nfile-2\nnew\nshared\n",
			);
			expect(runInTree(driver.mounts("two"), "ls")).toBe("file-0\nfile-1\nfile-2\nshared\n");
			expect(runInTree(driver.layerMounts(ids[1]!), "ls; cat shared")).toBe("file-0\nfile-1\nshared\n1");
			expect(() => runInTree(driver.layerMounts(ids[1]!), "echo x > shared")).toThrow("Read-only");
			expect(() => runInTree(driver.mounts("one", { readOnly: true }), "echo x > new")).toThrow("Read-only");
			expect(runInTree(driver.mounts("one", { readOnly: true }), "ls")).not.toContain("file-0");
		});

		test("a tree that was mounted volatile can be mounted again", async () => {
			const ids = await makeLayers(1);
			await driver.prepare("key", ids[0]);
			runInTree(driver.mounts("key", { volatile: true }), "echo x > new");
			expect(runInTree(driver.mounts("key", { volatile: true }), "cat new")).toBe("x\n");
			expect(runInTree(driver.mounts("key"), "cat new")).toBe("x\n");
		});

		test("an image without layers is an empty tree with the usual attributes", async () => {
			await driver.prepare("key", undefined);
			expect(runInTree(driver.mounts("key"), "ls; stat -c '%a %u %g' .; echo x > file")).toBe("755 0 0\n");
			expect(runInTree(driver.mounts("key"), "cat file")).toBe("x\n");
			expect(() => runInTree(driver.mounts("key", { readOnly: true }), "echo x > file")).toThrow("Read-only");
		});

		test("the root keeps the attributes that the top layer gives it", async () => {
			const id = digestOf("root");
			await using staged = await driver.stage(undefined);
			execFileSync("sh", ["-c", `chmod 1777 ${staged.directory} && chown 12:34 ${staged.directory}`]);
			await staged.commit(id, usage);
			await driver.prepare("key", id);
			expect(runInTree(driver.mounts("key"), "stat -c '%a %u %g' .")).toBe("1777 12 34\n");
		});

		test("127 layers can be mounted", async () => {
			const ids = await makeLayers(127);
			await driver.prepare("key", ids.at(-1));
			expect(runInTree(driver.mounts("key"), "cat file-0 file-126 shared")).toBe("0126126");
		}, 60_000);

		test("hard links, devices, xattrs, owners and modes are kept", async () => {
			const id = digestOf("special");
			await using staged = await driver.stage(undefined);
			const script =
				"cd $0; echo x > a; ln a b; mkfifo fifo; mknod null c 1 3; ln -s nowhere link; touch s; " +
				"chown 1:2 s; chmod 4751 s; setfattr -n user.note -v value a; setfattr -n trusted.note -v value a";
			execFileSync("sh", ["-ec", script, staged.directory]);
			await staged.commit(id, usage);
			await driver.prepare("key", id);
			const look =
				"stat -c '%n %h %a %u:%g %t:%T %F' a b fifo null s; readlink link; getfattr --only-values -n user.note b; getfattr --only-values -n trusted.note b";
			expect(runInTree(driver.mounts("key"), look)).toBe(
				"a 2 644 0:0 0:0 regular file\nb 2 644 0:0 0:0 regular file\nfifo 1 644 0:0 0:0 fifo\n" +
					"null 1 644 0:0 1:3 character special file\ns 1 4751 1:2 0:0 regular empty file\nnowhere\nvaluevalue",
			);
		});

		test("keys and layers are what was made, also after a reopening", async () => {
			const ids = await makeLayers(2);
			await driver.prepare("a", ids[1]);
			await driver.prepare("b", undefined);
			await reopen();
			expect([...driver.keys()]).toEqual(["a", "b"]);
			expect([...driver.layers()]).toEqual([
				{ chainId: ids[0]!, parent: undefined },
				{ chainId: ids[1]!, parent: ids[0]! },
			]);
			expect(driver.layerUsage(ids[1]!)).toEqual(usage);
			expect(runInTree(driver.mounts("a"), "cat shared")).toBe("1");
		});

		test("errors name the key or layer, and leave no folder", async () => {
			const [id] = await makeLayers(1);
			await driver.prepare("key", id);
			const before = folders();
			const absent = digestOf("absent");
			await expect(driver.prepare("key", id)).rejects.toMatchObject({ code: "conflict" });
			await expect(driver.prepare("other", absent)).rejects.toMatchObject({
				code: "not_found",
				message: `no such layer: ${absent}`,
			});
			await expect(driver.removeLayer(id!)).rejects.toMatchObject({ code: "conflict" });
			await expect(driver.removeLayer(absent)).rejects.toMatchObject({ code: "not_found" });
			expect(() => driver.mounts("other")).toThrow("no such snapshot: other");
			expect(() => driver.layerUsage(absent)).toThrow("no such layer");
			expect(folders()).toEqual(before);
		});

		test("of two preparations of one key at once, one wins", async () => {
			const [id] = await makeLayers(1);
			const outcomes = await Promise.allSettled([driver.prepare("key", id), driver.prepare("key", id)]);
			expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
			expect(folders()).toHaveLength(2);
		});

		test("a layer is removed only when nothing stands on it", async () => {
			const ids = await makeLayers(2);
			await driver.prepare("key", ids[1]);
			await expect(driver.removeLayer(ids[0]!)).rejects.toMatchObject({ code: "conflict" });
			await driver.remove("key");
			await driver.remove("key");
			{
				await using staged = await driver.stage(ids[1]);
				await expect(driver.removeLayer(ids[1]!)).rejects.toMatchObject({ code: "conflict" });
				expect(existsSync(staged.directory)).toBe(true);
			}
			await driver.removeLayer(ids[1]!);
			await driver.removeLayer(ids[0]!);
			await driver.settle();
			expect(readdirSync(join(root, "snapshots"))).toEqual(["removing"]);
			expect(readdirSync(join(root, "snapshots", "removing"))).toEqual([]);
		});

		test("a staged layer that is not committed vanishes; of two of one chainId the first stays", async () => {
			const id = digestOf("layer");
			{
				await using staged = await driver.stage(undefined);
				writeFileSync(join(staged.directory, "file"), "x");
			}
			expect(folders()).toEqual([]);
			await using first = await driver.stage(undefined);
			await using second = await driver.stage(undefined);
			writeFileSync(join(first.directory, "file"), "first");
			await first.commit(id, usage);
			await second.commit(id, usage);
			expect(folders()).toHaveLength(1);
			expect(runInTree(driver.layerMounts(id), "cat file")).toBe("first");
		});

		test("a writable snapshot becomes a layer where it stands", async () => {
			const [below] = await makeLayers(1);
			const id = digestOf("adopted");
			for (const key of ["first", "second"]) {
				await driver.prepare(key, below);
				await runInTree(driver.mounts(key), "echo new > new; rm file-0");
				expect(await driver.adopt(key, { chainId: id, parent: below, usage })).toBe(true);
			}
			await reopen();
			expect([...driver.keys()]).toEqual([]);
			expect(driver.hasLayer(id)).toBe(true);
			await driver.prepare("on top", id);
			expect(await runInTree(driver.mounts("on top"), "cat new shared; ls")).toBe("new\n0new\nshared\n");
			await driver.remove("on top");
			expect(folders()).toHaveLength(2);
		});

		test("usage counts a container's own changes", async () => {
			const ids = await makeLayers(1);
			await driver.prepare("key", ids[0]);
			const before = await driver.usage("key");
			runInTree(driver.mounts("key"), "mkdir d; printf 12345 > d/a; ln d/a d/b");
			const after = await driver.usage("key");
			expect(after.bytes - before.bytes).toBe(5);
			expect(after.inodes - before.inodes).toBe(2);
		});

		test("disk usage is what du says, a layer's image for machines apart", async () => {
			const ids = await makeLayers(2);
			await driver.prepare("key", ids[1]);
			runInTree(driver.mounts("key"), "head -c 300000 /dev/zero > mine; ln mine again; mkdir folder");
			await using staged = await driver.stage(ids[1]);
			writeFileSync(join(staged.directory, "half"), Buffer.alloc(50_000));
			const image = join(root, "snapshots", folders().sort()[0]!, "layer.erofs");
			for (const _ of ["walked", "known"]) {
				writeFileSync(image, Buffer.alloc(20_480));
				const { layers, active, otherBytes } = await driver.diskUsage();
				const sum = [...layers.values()].reduce((all, one) => all + one.bytes + one.machineBytes, otherBytes);
				expect(sum + active.get("key")!.bytes).toBe(duOf(join(root, "snapshots")));
				expect(layers.get(ids[0]!)!.machineBytes).toBe(20_480);
				expect(layers.get(ids[1]!)).toMatchObject({ machineBytes: 0, parent: ids[0] });
				expect(active.get("key")).toMatchObject({ parent: ids[1] });
				expect(active.get("key")!.bytes).toBeGreaterThanOrEqual(300_000);
			}
			rmSync(image);
		});

		test("a folder without a row is removed at the next start, a row without a folder is reported", async () => {
			const [id] = await makeLayers(1);
			mkdirSync(join(root, "snapshots", "77", "fs"), { recursive: true });
			mkdirSync(join(root, "snapshots", "probe-abc"));
			mkdirSync(join(root, "snapshots", "removing", "5"));
			await reopen();
			await driver.settle();
			expect(readdirSync(join(root, "snapshots")).sort()).toEqual(["1", "removing"]);
			expect(readdirSync(join(root, "snapshots", "removing"))).toEqual([]);
			await driver.prepare("key", id);
			expect(statSync(join(root, "snapshots", "78")).isDirectory()).toBe(true);
		});

		test("a tree deeper than any path can be removed", async () => {
			await driver.prepare("key", undefined);
			// Longer than PATH_MAX: only reached step by step.
			const name = "d".repeat(200);
			runInTree(
				driver.mounts("key"),
				`for i in $(seq 40); do mkdir ${name}; cd -P ${name}; done; echo x > file`,
			);
			await driver.remove("key");
			await driver.settle();
			expect(readdirSync(join(root, "snapshots", "removing"))).toEqual([]);
		});
	});
}
