import { describe, expect, test } from "bun:test";
import { dockerArchive } from "../../test/support/busybox-image.ts";
import { type ImagesRoom, openImagesRoom } from "../../test/support/images-room.ts";
import { buildTar } from "../../test/support/tar-builder.ts";
import type { ImageUse } from "./contract.ts";

/** What dockerd 20.10 answers to the same requests on the same image. */

async function* stream(...parts: Uint8Array[]): AsyncIterable<Uint8Array> {
	yield* parts;
}
const layer = buildTar([{ name: "file", data: "x" }]);
const failure = (code: string, message: string) => expect.objectContaining({ code, message });
const stopped: ImageUse = { containerId: "b09d1c60270020e0", running: false };
const running: ImageUse = { containerId: "17146a5fe2860000", running: true };

async function room(...tags: string[]): Promise<ImagesRoom> {
	const opened = await openImagesRoom();
	await opened.images.load(stream(dockerArchive({ tag: "busybox:latest", layer })), { progress: () => {} });
	for (const tag of tags) opened.images.tag("busybox:latest", tag);
	opened.events.length = 0;
	return opened;
}

function remove(
	{ images }: ImagesRoom,
	reference: string,
	options: { force?: boolean; used?: readonly ImageUse[] } = {},
) {
	const { force = false, used = [] } = options;
	return images.remove(reference, { force, noPrune: false, usedBy: () => used });
}

describe("removing", () => {
	test("one name of two takes the name alone", async () => {
		await using opened = await room("busybox:two");
		const { id } = opened.images.get("busybox");
		expect(await remove(opened, "busybox:two")).toEqual([{ untagged: "busybox:two" }]);
		expect(opened.events).toEqual([`untag ${id}`]);
		expect(opened.images.get("busybox").id).toBe(id);
	});

	test("an id with two names wants force, and then takes all", async () => {
		await using opened = await room("busybox:two");
		const { id, chainId } = opened.images.get("busybox");
		for (const text of [id, id.slice(7), id.slice(7, 19)]) {
			await expect(remove(opened, text)).rejects.toThrow(
				failure(
					"conflict",
					`conflict: unable to delete ${id.slice(7, 19)} (must be forced) - image is referenced in multiple repositories`,
				),
			);
		}
		expect(await remove(opened, id, { force: true })).toEqual([
			{ untagged: "busybox:latest" },
			{ untagged: "busybox:two" },
			{ deleted: id },
			{ deleted: chainId! },
		]);
		expect(opened.events).toEqual([`untag ${id}`, `untag ${id}`, `delete ${id}`]);
		await opened.snapshots.settle();
		expect(opened.onDisk()).toEqual({ blobs: 0, layers: 0, ingests: 0, staged: 0 });
	});

	test("an id with one name takes it along", async () => {
		await using opened = await room();
		const { id, chainId } = opened.images.get("busybox");
		expect(await remove(opened, id)).toEqual([
			{ untagged: "busybox:latest" },
			{ deleted: id },
			{ deleted: chainId! },
		]);
	});

	test("what a stopped container uses wants force; its layers stay until it is gone", async () => {
		await using opened = await room();
		const { id, chainId } = opened.images.get("busybox");
		await opened.snapshots.prepare("container", chainId);
		const used = [stopped];
		await expect(remove(opened, "busybox:latest", { used })).rejects.toThrow(
			failure(
				"conflict",
				`conflict: unable to remove repository reference "busybox:latest" (must force) - container b09d1c602700 is using its referenced image ${id.slice(7, 19)}`,
			),
		);
		await expect(remove(opened, id, { used })).rejects.toThrow(
			failure(
				"conflict",
				`conflict: unable to delete ${id.slice(7, 19)} (must be forced) - image is being used by stopped container b09d1c602700`,
			),
		);
		expect(await remove(opened, "busybox:latest", { used, force: true })).toEqual([
			{ untagged: "busybox:latest" },
			{ deleted: id },
		]);
		expect(opened.onDisk()).toMatchObject({ blobs: 0, layers: 1 });
		await opened.images.releaseLayer(chainId!);
		expect(opened.onDisk()).toMatchObject({ layers: 1 });
		await opened.snapshots.remove("container");
		await opened.images.releaseLayer(chainId!);
		expect(opened.onDisk()).toMatchObject({ layers: 0 });
	});

	test("what a running container uses cannot be forced, only its name goes", async () => {
		await using opened = await room();
		const { id } = opened.images.get("busybox");
		const used = [running];
		expect(await remove(opened, "busybox:latest", { used, force: true })).toEqual([
			{ untagged: "busybox:latest" },
		]);
		await expect(remove(opened, id, { used, force: true })).rejects.toThrow(
			failure(
				"conflict",
				`conflict: unable to delete ${id.slice(7, 19)} (cannot be forced) - image is being used by running container 17146a5fe286`,
			),
		);
		expect(opened.images.get(id).tags).toEqual([]);
	});

	test.each([
		["nope", "not_found", "No such image: nope:latest"],
		["sha256:abc", "not_found", "No such image: sha256:abc"],
		["a/b:c", "not_found", "No such image: a/b:c"],
		[
			"UPPER",
			"invalid_argument",
			"invalid reference format: repository name (library/UPPER) must be lowercase",
		],
	])("%s is not there", async (text, code, message) => {
		await using opened = await room();
		await expect(remove(opened, text)).rejects.toThrow(failure(code, message));
	});

	test("a child goes with its unnamed parent, a parent not before its child", async () => {
		await using opened = await room();
		const parent = opened.images.get("busybox");
		const child = await opened.images.commit({
			parent,
			layer: stream(buildTar([{ name: "new", data: "y" }])),
			config: parent.config.config,
			changes: [],
			reference: "child:1",
			author: "",
			comment: "",
			containerId: "c",
			createdBy: "sh",
		});
		await expect(remove(opened, parent.id, { force: true })).rejects.toThrow(
			failure(
				"conflict",
				`conflict: unable to delete ${parent.id.slice(7, 19)} (cannot be forced) - image has dependent child images`,
			),
		);
		expect(await remove(opened, "busybox:latest")).toEqual([{ untagged: "busybox:latest" }]);
		expect(await remove(opened, "child:1")).toEqual([
			{ untagged: "child:1" },
			{ deleted: child.id },
			{ deleted: child.chainId! },
			{ deleted: parent.id },
			{ deleted: parent.chainId! },
		]);
		await opened.snapshots.settle();
		expect(opened.onDisk()).toEqual({ blobs: 0, layers: 0, ingests: 0, staged: 0 });
	});
});

describe("tagging", () => {
	test.each([
		[
			"UPPER:x",
			"invalid_argument",
			"invalid reference format: repository name (library/UPPER) must be lowercase",
		],
		["a:b:c", "invalid_argument", "invalid reference format"],
		[`a@sha256:${"a".repeat(64)}`, "invalid_argument", "refusing to create a tag with a digest reference"],
	])("as %s is refused", async (target, code, message) => {
		await using opened = await room();
		expect(() => opened.images.tag("busybox", target)).toThrow(failure(code, message));
	});

	test("takes the name from another image, which stays without it", async () => {
		await using opened = await room();
		const other = dockerArchive({ tag: "other:1", layer: buildTar([{ name: "b", data: "b" }]) });
		await opened.images.load(stream(other), { progress: () => {} });
		const [old, next] = [opened.images.get("busybox").id, opened.images.get("other:1").id];
		opened.images.tag("other:1", "busybox");
		expect(opened.images.get("busybox").id).toBe(next);
		expect(opened.images.get(old).tags).toEqual([]);
		await using again = await opened.reopen();
		expect(again.images.get("busybox").id).toBe(next);
		expect(again.images.list()).toHaveLength(2);
	});
});

test("pruning takes what matches and is not used, and says the bytes", async () => {
	await using opened = await room("p:1");
	const { id, chainId, sizeBytes } = opened.images.get("busybox");
	const matches = () => true;
	const kept = await opened.images.prune({ matches, usedBy: () => [stopped] });
	expect(kept).toEqual({ deleted: [], reclaimedBytes: 0 });
	const { deleted, reclaimedBytes } = await opened.images.prune({ matches, usedBy: () => [] });
	expect(deleted).toEqual([
		{ untagged: "busybox:latest" },
		{ untagged: "p:1" },
		{ deleted: id },
		{ deleted: chainId! },
	]);
	expect(reclaimedBytes).toBeGreaterThanOrEqual(sizeBytes);
});
