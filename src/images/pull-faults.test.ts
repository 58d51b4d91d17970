import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerArchive } from "../../test/support/busybox-image.ts";
import { eventually } from "../../test/support/eventually.ts";
import { type ImagesRoom, openImagesRoom, recordProgress } from "../../test/support/images-room.ts";
import {
	type Fault,
	type MisbehavingProxy,
	startMisbehavingProxy,
} from "../../test/support/misbehaving-proxy.ts";
import { type RealRegistry, startRegistry } from "../../test/support/registry.ts";
import { buildTar } from "../../test/support/tar-builder.ts";
import type { Digest } from "../oci/index.ts";

const quiet = { progress: () => {} };
const nothing = { blobs: 0, layers: 0, ingests: 0, staged: 0 };
const complete = { blobs: 4, layers: 2, ingests: 0 };
const failure = (code: string, message: string) =>
	expect.objectContaining({ code, message: expect.stringContaining(message) });

let registry: RealRegistry;
let proxy: MisbehavingProxy;
/** The image `x:1` in the registry: a layer of 3 MiB that does not compress, and a small one. */
let layers: Digest[];
let name: string;

beforeAll(async () => {
	registry = await startRegistry();
	proxy = await startMisbehavingProxy(registry);
	await using room = await openImagesRoom();
	const stored = `${registry.domain}/x:1`;
	const big = buildTar([{ name: "big", data: randomBytes(3 << 20) }]);
	const small = buildTar([{ name: "small", data: "small" }]);
	await room.images.load(stream(dockerArchive({ tag: stored, layers: [big, small] })), quiet);
	await room.images.push(stored, quiet);
	layers = room.images.get(stored).manifest.layers.map(({ digest }) => digest);
	name = `${proxy.domain}/x:1`;
});
afterAll(async () => {
	await proxy[Symbol.asyncDispose]();
	await registry[Symbol.asyncDispose]();
});
beforeEach(() => proxy.misbehave());

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	yield bytes;
}
const isBig = (path: string) => path.endsWith(layers[0]!);
const answering =
	(status: number, times: number, headers: Record<string, string> = {}): Fault =>
	({ path, before, response }) => {
		if (!isBig(path) || before >= times) return false;
		response.writeHead(status, headers).end();
		return true;
	};
const breakingAt =
	(byte: number, times = 1): Fault =>
	({ path, before, pass }) => {
		if (!isBig(path) || before >= times) return false;
		pass((chunk, sent) => (sent + chunk.length > byte ? undefined : chunk));
		return true;
	};
const changing =
	(times: number, change: (chunk: Buffer) => Buffer): Fault =>
	({ path, before, pass }) => {
		if (!isBig(path) || before >= times) return false;
		pass((chunk, sent) => (sent === 0 ? change(chunk) : chunk), { withoutLength: true });
		return true;
	};
const flipped = (chunk: Buffer) => {
	const bytes = Buffer.from(chunk);
	bytes[100]! ^= 1;
	return bytes;
};
const bigRequests = () => proxy.requests.filter((line) => line.includes(layers[0]!));

describe("a fault that passes is not noticed", () => {
	test.each<[string, Fault, number]>([
		["a connection that breaks in the middle", breakingAt(1 << 20), 2],
		["one that breaks twice", breakingAt(1 << 19, 2), 3],
		["500", answering(500, 2), 3],
		["503 with Retry-After", answering(503, 1, { "retry-after": "0" }), 2],
		["429", answering(429, 1), 2],
		["wrong bytes, once", changing(1, flipped), 2],
		["too many bytes, once", changing(1, (chunk) => Buffer.concat([chunk, chunk])), 2],
	])("%s", async (_name, fault, requests) => {
		await using room = await openImagesRoom();
		proxy.misbehave(fault);
		await room.images.pull(name, quiet);
		expect(bigRequests()).toHaveLength(requests);
		expect(room.onDisk()).toMatchObject(complete);
	});

	test("a broken download goes on where it broke", async () => {
		await using room = await openImagesRoom();
		proxy.misbehave(breakingAt(1 << 20));
		await room.images.pull(name, quiet);
		expect(bigRequests()[1]).toMatch(/ bytes=[1-9][0-9]*-$/);
	});

	test("a registry that is killed and comes back", async () => {
		await using room = await openImagesRoom({ retryDelayMs: 20, attempts: 30 });
		let restarted: Promise<void> | undefined;
		proxy.misbehave(({ path, before, pass }) => {
			if (!isBig(path) || before > 0) return false;
			pass((chunk, sent) => {
				if (sent < 1 << 20) return chunk;
				restarted ??= registry.kill().then(() => registry.start());
				return undefined;
			});
			return true;
		});
		await room.images.pull(name, quiet);
		await restarted;
		expect(room.onDisk()).toMatchObject(complete);
	});
});

describe("a fault that stays is an error, nothing of the image is there, and the next pull is whole", () => {
	test.each<[string, Fault, string, string]>([
		["wrong bytes", changing(9, flipped), "corrupt", "has the digest"],
		["fewer bytes", changing(9, (chunk) => chunk.subarray(1)), "corrupt", "bytes instead of"],
		["500", answering(500, 99), "unavailable", "unexpected status 500"],
		[
			"a redirect in a circle",
			answering(302, 99, { location: "?again" }),
			"unavailable",
			"more than 10 redirects",
		],
		["a redirect to a file", answering(302, 99, { location: "file:///etc/passwd" }), "forbidden", "file:"],
		["a connection that always breaks at once", breakingAt(0, 99), "unavailable", "connection reset"],
		["a layer that is gone", answering(404, 99), "not_found", "unexpected status 404"],
	])("%s", async (_name, fault, code, message) => {
		await using room = await openImagesRoom();
		proxy.misbehave(fault);
		await expect(room.images.pull(name, quiet)).rejects.toThrow(failure(code, message));
		expect(room.images.list()).toEqual([]);
		expect(room.onDisk()).toEqual(nothing);
		proxy.misbehave();
		await room.images.pull(name, quiet);
		expect(room.onDisk()).toMatchObject(complete);
	});

	test("a full disk, and more room for the second try", async () => {
		const root = mkdtempSync(join(tmpdir(), "hull-pull-disk-"));
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", root]);
		try {
			await using room = await openImagesRoom({ root });
			await expect(room.images.pull(name, quiet)).rejects.toThrow(failure("no_space", "no space left"));
			await room.snapshots.settle();
			expect(room.onDisk()).toEqual(nothing);
			execFileSync("mount", ["-o", "remount,size=64m", root]);
			await room.images.pull(name, quiet);
			expect(room.onDisk()).toMatchObject(complete);
		} finally {
			execFileSync("umount", ["-l", root]);
			rmSync(root, { recursive: true });
		}
	});

	test("a body without end is cut off after the announced size", async () => {
		await using room = await openImagesRoom();
		let closed = 0;
		proxy.misbehave(({ path, response }) => {
			if (!isBig(path)) return false;
			response.on("close", () => closed++);
			response.writeHead(200);
			const more = (): void => {
				while (!response.destroyed && response.write(Buffer.alloc(1 << 16)));
				response.once("drain", more);
			};
			more();
			return true;
		});
		await expect(room.images.pull(name, quiet)).rejects.toThrow(
			failure("corrupt", "more bytes than the announced"),
		);
		expect(room.onDisk()).toEqual(nothing);
		await eventually(() => expect(closed).toBe(2));
	});

	test("a trickle is given up", async () => {
		const patience = { silenceMs: 60_000, slowMs: 50, slowBytes: 1000 };
		await using room = await openImagesRoom({ patience, attempts: 2 });
		const timers: Timer[] = [];
		proxy.misbehave(({ path, response }) => {
			if (!isBig(path)) return false;
			response.writeHead(200, { "content-length": 3 << 20 });
			timers.push(setInterval(() => response.write("x"), 10));
			return true;
		});
		await expect(room.images.pull(name, quiet)).rejects.toThrow(failure("timed_out", "i/o timeout"));
		for (const timer of timers) clearInterval(timer);
		expect(room.onDisk()).toEqual(nothing);
	});
});

describe("many at once", () => {
	test("twenty pulls of one image fetch every blob once", async () => {
		await using room = await openImagesRoom();
		const pulls = Array.from({ length: 20 }, () => room.images.pull(name, quiet));
		expect(new Set((await Promise.all(pulls)).map(({ id }) => id)).size).toBe(1);
		const blobs = proxy.requests.filter((line) => line.includes("/blobs/"));
		expect(blobs).toHaveLength(3);
		expect(room.onDisk()).toMatchObject(complete);
	});

	test("one of them is cancelled, and the others do not notice", async () => {
		await using room = await openImagesRoom();
		const abort = new AbortController();
		proxy.misbehave(({ path, before, pass }) => {
			if (!isBig(path) || before > 0) return false;
			pass((chunk, sent) => {
				if (sent > 1 << 20) abort.abort();
				return chunk;
			});
			return true;
		});
		const first = room.images.pull(name, { ...quiet, signal: abort.signal });
		const others = [1, 2, 3].map(() => room.images.pull(name, quiet));
		await expect(first).rejects.toThrow(failure("cancelled", ""));
		await Promise.all(others);
		expect(room.onDisk()).toMatchObject(complete);
	});

	test("two pulls with prunes and collections between them: the image is whole or absent", async () => {
		await using room = await openImagesRoom();
		let pulling = true;
		const disturb = async () => {
			while (pulling) {
				await room.images.prune({ matches: () => true, usedBy: () => [] });
				await room.images.collect();
				await new Promise((resolve) => setImmediate(resolve));
			}
		};
		const disturbance = disturb();
		for (let round = 0; round < 5; round++)
			await Promise.all([room.images.pull(name, quiet), room.images.pull(name, quiet)]);
		pulling = false;
		await disturbance;
		await expectWholeOrAbsent(room);
		await room.images.pull(name, quiet);
		expect(room.onDisk()).toMatchObject(complete);
	});

	test("what is unpacked is not unpacked again, and says so", async () => {
		await using room = await openImagesRoom();
		await room.images.pull(name, quiet);
		const usedBy = () => [];
		const before = [...room.snapshots.layers()].map(({ chainId }) => chainId);
		const other = `${proxy.domain}/y:1`;
		room.images.tag(name, other);
		await room.images.push(other, quiet);
		await room.images.remove(other, { force: false, noPrune: false, usedBy });
		const { progress, lines } = recordProgress();
		await room.images.pull(other, { progress });
		expect(lines.at(-1)).toBe(`Status: Downloaded newer image for ${other}`);
		expect([...room.snapshots.layers()].map(({ chainId }) => chainId)).toEqual(before);
	});
});

async function expectWholeOrAbsent(room: ImagesRoom): Promise<void> {
	for (const image of room.images.list()) {
		for (const { digest } of [image.manifest.config, ...image.manifest.layers])
			expect(room.content.has(digest)).toBe(true);
	}
	if (room.images.list().length === 0) {
		await room.images.collect();
		expect(room.onDisk()).toMatchObject({ blobs: 0, layers: 0 });
	}
}
