import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dockerArchive } from "../../test/support/busybox-image.ts";
import { eventually } from "../../test/support/eventually.ts";
import { type ImagesRoom, openImagesRoom } from "../../test/support/images-room.ts";
import { type MisbehavingProxy, startMisbehavingProxy } from "../../test/support/misbehaving-proxy.ts";
import { type RealRegistry, startRegistry } from "../../test/support/registry.ts";
import { buildTar } from "../../test/support/tar-builder.ts";
import type { Digest } from "../oci/index.ts";

const quiet = { progress: () => {} };
const nothing = { blobs: 0, layers: 0, ingests: 0, staged: 0 };
const complete = { blobs: 3, layers: 1, ingests: 0, staged: 1 };
const first = randomBytes(1 << 20);
const second = randomBytes(2 << 20);

let registry: RealRegistry;
let proxy: MisbehavingProxy;
let name: string;
let layer: Digest;
let blob: Buffer;

beforeAll(async () => {
	registry = await startRegistry();
	proxy = await startMisbehavingProxy(registry);
	await using room = await openImagesRoom();
	const stored = `${registry.domain}/early:1`;
	const tar = buildTar([
		{ name: "first", data: first },
		{ name: "second", data: second },
	]);
	await room.images.load(
		(async function* () {
			yield dockerArchive({ tag: stored, layer: tar });
		})(),
		quiet,
	);
	await room.images.push(stored, quiet);
	layer = room.images.get(stored).manifest.layers[0]!.digest;
	blob = readFileSync(room.content.path(layer));
	name = `${proxy.domain}/early:1`;
});
afterAll(async () => {
	await proxy[Symbol.asyncDispose]();
	await registry[Symbol.asyncDispose]();
});

/** Sends the layer's first half, and the rest when `release` is called, changed or broken off. */
function holdHalf({ times = 1, last }: { times?: number; last: (rest: Buffer) => Buffer | undefined }) {
	const released = Promise.withResolvers<void>();
	const half = blob.length >> 1;
	proxy.misbehave(({ path, before, response }) => {
		if (!path.endsWith(layer) || before >= times) return false;
		response.writeHead(200, { "content-length": blob.length });
		response.write(blob.subarray(0, half));
		void released.promise.then(() => {
			const rest = last(Buffer.from(blob.subarray(half)));
			if (rest === undefined) response.socket?.destroySoon();
			else response.end(rest);
		});
		return true;
	});
	return () => released.resolve();
}

/** Files of layers that are being extracted, or are there. */
function fileIn(room: ImagesRoom, file: string): string | undefined {
	const snapshots = join(room.root, "snapshots");
	const paths = readdirSync(snapshots).map((id) => join(snapshots, id, "fs", file));
	return paths.find((path) => existsSync(path));
}

function expectWholeTree(room: ImagesRoom): void {
	expect(room.onDisk()).toMatchObject(complete);
	expect(readFileSync(fileIn(room, "first")!).equals(first)).toBe(true);
	expect(readFileSync(fileIn(room, "second")!).equals(second)).toBe(true);
}

describe.each(["overlay", "plain"] as const)("a layer is unpacked while it comes in, by %s", (driver) => {
	test("and is there only when it is whole", async () => {
		await using room = await openImagesRoom({ driver });
		const release = holdHalf({ last: (rest) => rest });
		const pulled = room.images.pull(name, quiet);
		await eventually(() => expect(readFileSync(fileIn(room, "first")!).equals(first)).toBe(true));
		expect(room.onDisk()).toMatchObject({ layers: 0, ingests: 1 });
		expect(room.images.list()).toEqual([]);
		release();
		await pulled;
		expectWholeTree(room);
	});

	test("a connection that breaks in the middle leaves no mark in the tree", async () => {
		await using room = await openImagesRoom({ driver });
		const release = holdHalf({ last: () => undefined });
		const pulled = room.images.pull(name, quiet);
		await eventually(() => expect(fileIn(room, "first")).toBeDefined());
		release();
		await pulled;
		expect(proxy.requests.filter((line) => line.includes(layer))[1]).toMatch(/ bytes=[1-9][0-9]*-$/);
		expectWholeTree(room);
	});

	test("what came of wrong bytes is thrown away, and made of the right ones", async () => {
		await using room = await openImagesRoom({ driver });
		const release = holdHalf({ last: withWrongEnd });
		const pulled = room.images.pull(name, quiet);
		await eventually(() => expect(fileIn(room, "first")).toBeDefined());
		release();
		await pulled;
		await room.snapshots.settle();
		expectWholeTree(room);
	});

	test("wrong bytes to the end leave nothing", async () => {
		await using room = await openImagesRoom({ driver });
		const release = holdHalf({ times: 9, last: withWrongEnd });
		const pulled = room.images.pull(name, quiet);
		await eventually(() => expect(fileIn(room, "first")).toBeDefined());
		release();
		await expect(pulled).rejects.toMatchObject({
			code: "corrupt",
			message: expect.stringContaining("has the digest"),
		});
		await room.snapshots.settle();
		expect(room.onDisk()).toEqual(nothing);
	});

	test("a pull that is cancelled in the middle leaves nothing", async () => {
		await using room = await openImagesRoom({ driver });
		const release = holdHalf({ last: (rest) => rest });
		const abort = new AbortController();
		const pulled = room.images.pull(name, { ...quiet, signal: abort.signal });
		await eventually(() => expect(fileIn(room, "first")).toBeDefined());
		abort.abort();
		await expect(pulled).rejects.toMatchObject({ code: "cancelled" });
		release();
		await room.snapshots.settle();
		expect(room.onDisk()).toEqual(nothing);
	});
});

/** Only the checksum behind the compressed data is another. */
function withWrongEnd(rest: Buffer): Buffer {
	rest[rest.length - 1]! ^= 1;
	return rest;
}
