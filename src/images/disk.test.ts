import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerArchive } from "../../test/support/busybox-image.ts";
import { openImagesRoom } from "../../test/support/images-room.ts";
import { buildTar } from "../../test/support/tar-builder.ts";

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
const quiet = { progress: () => {} };
const image = (tag: string, bytes: number) =>
	dockerArchive({ tag, layer: buildTar([{ name: "data", data: randomBytes(bytes) }]) });

/** A data root on a file system of its own. */
function mountSmallDisk(size: string) {
	const root = mkdtempSync(join(tmpdir(), "hull-images-disk-"));
	execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", root]);
	return {
		root,
		remount: (option: string) => execFileSync("mount", ["-o", `remount,${option}`, root]),
		[Symbol.dispose]() {
			execFileSync("umount", ["-l", root]);
			rmSync(root, { recursive: true, force: true });
		},
	};
}

test.each([
	["while the archive is stored", 12],
	["while a layer is unpacked", 5],
])(
	"a disk that is full %s: an error that says so, nothing kept, all else goes on",
	async (_when, megabytes) => {
		using disk = mountSmallDisk("8m");
		await using room = await openImagesRoom({ root: disk.root });
		await room.images.load(stream(image("small:1", 10_000)), quiet);
		const before = room.onDisk();
		await expect(room.images.load(stream(image("big:1", megabytes * 1024 * 1024)), quiet)).rejects.toThrow(
			expect.objectContaining({ code: "no_space" }),
		);
		await room.snapshots.settle();
		expect(room.onDisk()).toEqual(before);
		await room.images.load(stream(image("other:1", 10_000)), quiet);
		await using again = await room.reopen();
		expect(again.images.list()).toHaveLength(2);
		expect(await again.images.collect()).toBe(0);
	},
);

test("a disk that became read-only: an error that says so, and what is there is there again later", async () => {
	using disk = mountSmallDisk("8m");
	{
		await using room = await openImagesRoom({ root: disk.root });
		await room.images.load(stream(image("small:1", 10_000)), quiet);
	}
	disk.remount("ro");
	await expect(openImagesRoom({ root: disk.root })).rejects.toThrow(
		expect.objectContaining({ code: "read_only" }),
	);
	disk.remount("rw");
	await using room = await openImagesRoom({ root: disk.root });
	expect(room.images.get("small:1").tags).toEqual(["docker.io/library/small:1"]);
	await room.images.load(stream(image("other:1", 600_000)), quiet);
});
