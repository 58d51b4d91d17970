/** Snapshots where the file system can share blocks: nothing is copied, and nobody waits. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { hullCli } from "../support/hull-cli.ts";

let hull: TestDaemon;
let root: string;
beforeAll(async () => {
	root = mkdtempSync(join(tmpdir(), "hull-btrfs-"));
	const script =
		'truncate -s 512m "$1/disk" && mkfs.btrfs -q "$1/disk" && mkdir "$1/mnt" && mount -o loop "$1/disk" "$1/mnt"';
	execFileSync("sh", ["-c", script, "sh", root]);
	hull = await startTestDaemon({ dataRoot: join(root, "mnt/data"), image: false });
});
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
	execFileSync("umount", [join(root, "mnt")]);
	rmSync(root, { recursive: true });
});

const bigBytes = 128 << 20;
const file = (volume: string) => join(hull.dataRoot, "volumes", volume, "_data/big");

function usedBytes(): number {
	execFileSync("sync", ["--file-system", hull.dataRoot]);
	const { blocks, bfree, bsize } = statfsSync(hull.dataRoot);
	return (blocks - bfree) * bsize;
}

async function ok(...args: string[]): Promise<string> {
	const { code, stdout, stderr } = await hullCli(hull.socket, args);
	expect({ args, code, stderr }).toEqual({ args, code: 0, stderr });
	return stdout;
}

test("ten snapshots of 128 MiB take less than one would, and each is whole", async () => {
	await ok("volume", "create", "data");
	writeFileSync(file("data"), Buffer.alloc(bigBytes, "a"));
	const before = usedBytes();
	for (let index = 0; index < 10; index++)
		await ok("volume", "snapshot", "create", "--name", `s${index}`, "data");
	expect(usedBytes() - before).toBeLessThan(16 << 20);
	const shared = (await ok("volume", "snapshot", "ls", "--format", "{{.Shared}}")).split("\n");
	expect(new Set(shared)).toEqual(new Set(["true", ""]));
	writeFileSync(file("data"), "overwritten");
	await ok("volume", "restore", "data", "s0");
	expect(readFileSync(file("data")).equals(Buffer.alloc(bigBytes, "a"))).toBe(true);
	await ok("volume", "snapshot", "prune", "-f");
	await ok("volume", "rm", "data");
});
