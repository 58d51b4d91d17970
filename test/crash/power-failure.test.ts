/**
 * What a power failure leaves: a file system is copied from under a room that works on it, so that the copy has what
 * had reached the disk and nothing of the kernel's memory.
 */
import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerArchive } from "../support/busybox-image.ts";
import { openImagesRoom } from "../support/images-room.ts";
import { buildTar } from "../support/tar-builder.ts";

const fileCount = 200;

test("an image that is there after a power failure has all its files", async () => {
	await using disk = makeDisk();
	const root = join(disk.mountPoint, "data");
	mkdirSync(root);
	const names = Array.from({ length: fileCount }, (_, index) => `file-${index}`);
	const layer = buildTar(names.map((name) => ({ name, data: name.repeat(100) })));
	{
		await using room = await openImagesRoom({ root });
		await room.images.load(stream(dockerArchive({ tag: "lasting:1", layer })), { progress: () => {} });
		disk.loseMemory();
	}
	await using after = await openImagesRoom({ root: join(disk.copyPoint, "data") });
	const image = after.images.get("lasting:1");
	const [mount] = after.snapshots.layerMounts(image.chainId!);
	for (const name of names) expect(readFileSync(join(mount!.source, name), "utf8")).toBe(name.repeat(100));
	for (const blob of after.content.list()) await after.content.read(blob.digest);
});

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	yield bytes;
}

/** A small file system of its own in a file, and where its copy is mounted. */
function makeDisk() {
	const folder = mkdtempSync(join(tmpdir(), "hull-power-"));
	const [file, copy] = [join(folder, "disk"), join(folder, "copy")];
	const [mountPoint, copyPoint] = [join(folder, "mounted"), join(folder, "after")];
	mkdirSync(mountPoint);
	mkdirSync(copyPoint);
	execFileSync("truncate", ["--size", "64M", file]);
	execFileSync("mkfs.ext4", ["-q", file]);
	execFileSync("mount", ["-o", "loop", file, mountPoint]);
	return {
		mountPoint,
		copyPoint,
		loseMemory() {
			execFileSync("cp", ["--sparse=always", file, copy]);
			execFileSync("mount", ["-o", "loop", copy, copyPoint]);
		},
		async [Symbol.asyncDispose]() {
			for (const point of [copyPoint, mountPoint]) {
				try {
					execFileSync("umount", [point], { stdio: "ignore" });
				} catch {
					// Not mounted yet.
				}
			}
			rmSync(folder, { recursive: true });
		},
	};
}
