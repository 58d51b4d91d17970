import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerArchive } from "../../test/support/busybox-image.ts";
import { type ImagesRoom, openImagesRoom } from "../../test/support/images-room.ts";
import { startRegistry, type TestRegistry } from "../../test/support/registry.ts";
import { buildTar } from "../../test/support/tar-builder.ts";

const victim = new URL("../../test/support/images-victim.ts", import.meta.url).pathname;
const quiet = { progress: () => {} };
let registry: TestRegistry;
let folder: string;
let archive: string;
let name: string;

beforeAll(async () => {
	registry = await startRegistry();
	name = `${registry.domain}/crash:1`;
	folder = mkdtempSync(join(tmpdir(), "hull-images-crash-"));
	archive = join(folder, "image.tar");
	const layer = buildTar([{ name: "big", data: Buffer.alloc(300_000, "x") }]);
	writeFileSync(archive, dockerArchive({ tag: name, layer }));
	await using room = await openImagesRoom();
	await room.images.load(createReadStream(archive), quiet);
	await room.images.push(name, quiet);
});
afterAll(async () => {
	rmSync(folder, { recursive: true, force: true });
	await registry[Symbol.asyncDispose]();
});

/** Runs the operation on the root in a process that the failpoint kills. */
function killed(root: string, failpoint: string, ...operation: string[]): void {
	const { signal, stderr } = spawnSync(process.execPath, [victim, root, ...operation], {
		env: { ...process.env, HULL_FAILPOINT: failpoint },
	});
	expect(`${signal} ${stderr}`).toStartWith("SIGKILL");
}

/** What a daemon does at its start. */
async function restart(root: string): Promise<ImagesRoom> {
	const room = await openImagesRoom({ root });
	await room.images.collect();
	await room.snapshots.settle();
	return room;
}

const nothing = { blobs: 0, layers: 0, ingests: 0, staged: 0 };
const whole = { blobs: 3, layers: 1, ingests: 0, staged: 1 };

const arriving = [
	"images.unpack.before-commit",
	"images.unpack.after-commit",
	"images.register.before-persist",
];

describe.each(["load", "pull"])("killed in %s", (operation) => {
	const subject = () => (operation === "load" ? archive : name);
	const again = ({ images }: ImagesRoom) =>
		operation === "load" ? images.load(createReadStream(archive), quiet) : images.pull(name, quiet);

	test.each(operation === "pull" ? ["images.pull.after-blob", ...arriving] : arriving)(
		"at %s: nothing is left, and it can be done again",
		async (failpoint) => {
			await using first = await openImagesRoom();
			killed(first.root, failpoint, operation, subject());
			await using room = await restart(first.root);
			expect(room.images.list()).toEqual([]);
			expect(room.onDisk()).toEqual(nothing);
			await again(room);
			expect(room.images.get(name).tags).toEqual([name]);
			expect(room.onDisk()).toEqual(whole);
		},
	);

	test("after it was persisted: the image is there, whole", async () => {
		await using first = await openImagesRoom();
		killed(first.root, "images.register.after-persist", operation, subject());
		await using room = await restart(first.root);
		expect(room.images.get(name).tags).toEqual([name]);
		expect(room.onDisk()).toEqual(whole);
	});
});

describe("killed in remove", () => {
	test.each([
		["images.remove.after-untag", 1],
		["images.remove.after-delete", 0],
	])("at %s: what is left is whole or gone", async (failpoint, images) => {
		await using first = await openImagesRoom();
		await first.images.load(createReadStream(archive), quiet);
		killed(first.root, failpoint, "remove", name);
		await using room = await restart(first.root);
		expect(room.images.list()).toHaveLength(images);
		expect(room.onDisk()).toEqual(images === 1 ? whole : nothing);
		await room.images.load(createReadStream(archive), quiet);
		expect(room.onDisk()).toEqual(whole);
	});
});

test("killed in push, before the compressed layers became the image's: the image is as it was", async () => {
	await using first = await openImagesRoom();
	await first.images.load(createReadStream(archive), quiet);
	killed(first.root, "images.push.before-manifest", "push", name);
	await using room = await restart(first.root);
	expect(room.images.get(name).manifest.layers[0]!.mediaType).toEndWith(".tar");
	expect(room.onDisk()).toEqual(whole);
	await room.images.push(name, quiet);
	expect(room.onDisk()).toEqual(whole);
});
