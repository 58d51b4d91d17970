import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { dockerArchive, makeBusyboxArchive } from "../../test/support/busybox-image.ts";
import { openImagesRoom, type RoomOptions, recordProgress } from "../../test/support/images-room.ts";
import { buildTar, type TarEntry } from "../../test/support/tar-builder.ts";

async function* stream(...parts: Uint8Array[]): AsyncIterable<Uint8Array> {
	yield* parts;
}
const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
const smallLayer = (name: string) => buildTar([{ name: `${name}/` }, { name: `${name}/file`, data: name }]);
const load = async (archive: Uint8Array, options: RoomOptions = {}) => {
	const room = await openImagesRoom(options);
	return { room, loaded: await room.images.load(stream(archive), { progress: () => {} }) };
};

describe.each(["overlay", "plain"] as const)("loading with %s snapshots", (driver) => {
	test("an image of docker save is there, unpacked, and still after a restart", async () => {
		await using room = await openImagesRoom({ driver });
		const path = join(room.root, "busybox.tar");
		await makeBusyboxArchive(path, "busybox:latest");
		const { progress, lines } = recordProgress();
		const [image] = await room.images.load(createReadStream(path), { progress });
		expect(lines.at(-1)).toBe("Loaded image: busybox:latest");
		expect(image!.tags).toEqual(["docker.io/library/busybox:latest"]);
		expect(image!.config.config?.Cmd).toEqual(["sh"]);
		expect(image!.sizeBytes).toBeGreaterThan(1_900_000);
		expect(room.events).toEqual([`load ${image!.id}`]);
		const [mount] = room.snapshots.layerMounts(image!.chainId!);
		expect(mount).toBeDefined();
		expect(room.onDisk()).toEqual({ blobs: 3, layers: 1, ingests: 0, staged: 1 });
		await using again = await room.reopen();
		expect(again.images.get("busybox")).toEqual(image!);
		expect(again.images.get(image!.id.slice(7, 15)).id).toBe(image!.id);
		expect(await again.images.collect()).toBe(0);
		expect(again.onDisk()).toEqual({ blobs: 3, layers: 1, ingests: 0, staged: 1 });
	});

	test("layers stand on each other in the order of the config, whatever their order in the archive", async () => {
		const layers = ["a", "b", "c", "d"].map(smallLayer);
		const archive = multiLayerArchive(layers, { reverse: true });
		const { room, loaded } = await load(archive, { driver });
		await using _ = room;
		const chain = [...room.snapshots.layers()];
		expect(chain).toHaveLength(4);
		const top = chain.find(({ chainId }) => chainId === loaded[0]!.chainId)!;
		expect(chain.some(({ chainId }) => chainId === top.parent)).toBe(true);
	});
});

describe("what comes in", () => {
	test.each([
		["gzip", gzipSync],
		["zstd", zstdCompressSync],
		["xz", (bytes: Buffer) => execFileSync("xz", ["-0", "-c"], { input: bytes })],
		["bzip2", (bytes: Buffer) => execFileSync("bzip2", ["-c"], { input: bytes })],
	])("compressed with %s", async (_name, compress) => {
		const archive = dockerArchive({ tag: "x:1", layer: smallLayer("a") });
		const { room, loaded } = await load(compress(archive));
		await using _ = room;
		expect(loaded[0]!.tags).toEqual(["docker.io/library/x:1"]);
	});

	test("with layers that are compressed, links to others, or the same twice", async () => {
		const layer = smallLayer("a");
		const diffId = `sha256:${sha256(layer)}`;
		const config = imageConfig([diffId, diffId, diffId, diffId]);
		const archive = buildTar([
			{ name: "config.json", data: config },
			{ name: "one/layer.tar", data: gzipSync(layer) },
			{ name: "two/layer.tar", type: "symlink", linkName: "../one/layer.tar" },
			{ name: "three.tar", type: "hardlink", linkName: "one/layer.tar" },
			{ name: "four.tar", data: execFileSync("xz", ["-c"], { input: layer }) },
			{
				name: "manifest.json",
				data: JSON.stringify([
					{
						Config: "config.json",
						RepoTags: null,
						Layers: ["one/layer.tar", "./two/layer.tar", "three.tar", "four.tar"],
					},
				]),
			},
		]);
		const { room, loaded } = await load(archive);
		await using _ = room;
		expect(loaded[0]!.tags).toEqual([]);
		expect(loaded[0]!.manifest.layers.map(({ mediaType }) => mediaType)).toEqual(
			[..."123"]
				.map(() => "application/vnd.oci.image.layer.v1.tar+gzip")
				.concat("application/vnd.oci.image.layer.v1.tar"),
		);
		expect(room.onDisk()).toMatchObject({ blobs: 4, layers: 4 });
	});

	test("from skopeo as an OCI archive, with its manifest kept", async () => {
		await using room = await openImagesRoom();
		const [from, to] = [join(room.root, "a.tar"), join(room.root, "b.tar")];
		await makeBusyboxArchive(from, "busybox:latest");
		execFileSync("skopeo", ["copy", "-q", `docker-archive:${from}`, `oci-archive:${to}:me/busybox:oci`]);
		const [image] = await room.images.load(createReadStream(to), { progress: () => {} });
		expect(image!.tags).toEqual(["docker.io/me/busybox:oci"]);
		const raw = execFileSync("skopeo", ["inspect", "--raw", `oci-archive:${to}`]);
		expect(image!.manifestDigest).toBe(`sha256:${sha256(raw)}`);
		expect(readFileSync(room.content.path(image!.manifestDigest))).toEqual(raw);
	});

	test("twice gives one image, and a tag that moves is said", async () => {
		const one = dockerArchive({ tag: "x:1", layer: smallLayer("a") });
		const other = dockerArchive({ tag: "x:1", layer: smallLayer("b") });
		const { room, loaded } = await load(one);
		await using _ = room;
		await room.images.load(stream(one), { progress: () => {} });
		expect(room.images.list()).toHaveLength(1);
		const { progress, lines } = recordProgress();
		await room.images.load(stream(other), { progress });
		expect(lines).toContain(
			`The image x:1 already exists, renaming the old one with ID ${loaded[0]!.id} to empty string`,
		);
		expect(room.images.list().map(({ tags }) => tags.length)).toEqual([0, 1]);
	});
});

describe("a bad archive is an error that names what is wrong, and leaves nothing", () => {
	const good = dockerArchive({ tag: "x:1", layer: smallLayer("a") });
	const layer = smallLayer("a");
	const diffId = `sha256:${sha256(layer)}`;
	const withManifest = (manifest: unknown, ...entries: TarEntry[]) =>
		buildTar([
			...entries,
			{ name: "manifest.json", data: typeof manifest === "string" ? manifest : JSON.stringify(manifest) },
		]);
	const big = Buffer.alloc(1024 * 1024, "x");

	test.each<[string, Uint8Array, string, string]>([
		["empty", Buffer.alloc(0), "invalid_argument", "the archive holds no image"],
		["garbage", Buffer.alloc(4096, "x"), "corrupt", "bad archive"],
		["cut off", good.subarray(0, good.length - 3000), "corrupt", "archive"],
		["cut off gzip", gzipSync(good).subarray(0, 200), "corrupt", "damaged gzip"],
		["cut off bzip2", Buffer.from("BZh91AY&SY"), "corrupt", "damaged bzip2"],
		["without manifest", buildTar([{ name: "a", data: "b" }]), "invalid_argument", "neither manifest.json"],
		["no JSON", withManifest("{"), "corrupt", "manifest.json is not valid JSON"],
		["wrong shape", withManifest({ a: 1 }), "corrupt", "manifest.json: expected an array"],
		["missing config", withManifest([{ Config: "c", Layers: [] }]), "corrupt", '"c" is not in the archive'],
		[
			"config outside",
			withManifest([{ Config: "../../../etc/passwd", Layers: [] }]),
			"corrupt",
			"is not in the archive",
		],
		[
			"missing layer",
			withManifest([{ Config: "c", Layers: ["l"] }], { name: "c", data: imageConfig([diffId]) }),
			"corrupt",
			'"l" is not in the archive',
		],
		[
			"layers do not match",
			withManifest([{ Config: "c", Layers: [] }], { name: "c", data: imageConfig([diffId]) }),
			"corrupt",
			"layers length mismatch: expected 1, got 0",
		],
		[
			"wrong diffId",
			withManifest(
				[{ Config: "c", Layers: ["l"] }],
				{ name: "c", data: imageConfig([`sha256:${"0".repeat(64)}`]) },
				{ name: "l", data: layer },
			),
			"corrupt",
			`unpacks to ${diffId}`,
		],
		[
			"links in a circle",
			withManifest(
				[{ Config: "c", Layers: [] }],
				{ name: "c", type: "symlink", linkName: "d" },
				{ name: "d", type: "symlink", linkName: "c" },
			),
			"corrupt",
			'"c" is not in the archive',
		],
		[
			"another system",
			withManifest([{ Config: "c", Layers: [] }], {
				name: "c",
				data: imageConfig([]).replace('"linux"', '"windows"'),
			}),
			"invalid_argument",
			"cannot load windows image on linux",
		],
		[
			"bad tag",
			withManifest([{ Config: "c", RepoTags: ["UPPER:x"], Layers: [] }], {
				name: "c",
				data: imageConfig([]),
			}),
			"invalid_argument",
			"must be lowercase",
		],
		[
			"blob under another digest",
			buildTar([{ name: `blobs/sha256/${"1".repeat(64)}`, data: big }]),
			"corrupt",
			"1".repeat(64),
		],
		[
			"nested index under another digest",
			buildTar([
				{ name: "oci-layout", data: '{"imageLayoutVersion":"1.0.0"}' },
				{
					name: "index.json",
					data: JSON.stringify({
						schemaVersion: 2,
						manifests: [
							{
								mediaType: "application/vnd.oci.image.index.v1+json",
								digest: `sha256:${"2".repeat(64)}`,
								size: 2,
							},
						],
					}),
				},
				{ name: `blobs/sha256/${"2".repeat(64)}`, data: '{"schemaVersion":2,"manifests":[]}' },
			]),
			"corrupt",
			`${"2".repeat(64)} in the archive has the digest`,
		],
		[
			"layer that is no tar",
			withManifest(
				[{ Config: "c", Layers: ["l"] }],
				{ name: "c", data: imageConfig([`sha256:${sha256(big)}`]) },
				{ name: "l", data: big },
			),
			"corrupt",
			"bad archive",
		],
	])("%s", async (_name, archive, code, message) => {
		await using room = await openImagesRoom();
		await expect(room.images.load(stream(archive), { progress: () => {} })).rejects.toThrow(
			expect.objectContaining({ code, message: expect.stringContaining(message) }),
		);
		expect(room.onDisk()).toEqual({ blobs: 0, layers: 0, ingests: 0, staged: 0 });
		expect(room.images.list()).toEqual([]);
	});

	test("layer that is a bomb", async () => {
		const bomb = buildTar([{ name: "zeros", data: Buffer.alloc(2 * 1024 * 1024) }]);
		const archive = gzipSync(dockerArchive({ tag: "x:1", layer: bomb }));
		await using room = await openImagesRoom({ limits: { layerBytes: 1024 * 1024 } });
		await expect(room.images.load(stream(archive), { progress: () => {} })).rejects.toThrow(
			expect.objectContaining({ code: "too_large" }),
		);
		expect(room.onDisk()).toEqual({ blobs: 0, layers: 0, ingests: 0, staged: 0 });
	});

	test("layer that escapes", async () => {
		const evil = buildTar([{ name: "../../../../../../tmp/hull-escaped", data: "x" }]);
		await using room = await openImagesRoom();
		const loading = room.images.load(stream(dockerArchive({ tag: "x:1", layer: evil })), {
			progress: () => {},
		});
		await loading.catch(() => {});
		expect(existsSync("/tmp/hull-escaped")).toBe(false);
	});

	test("a client that goes away", async () => {
		await using room = await openImagesRoom();
		const abort = new AbortController();
		async function* slow() {
			yield good.subarray(0, 1024);
			abort.abort();
			yield good.subarray(1024);
		}
		await expect(room.images.load(slow(), { progress: () => {}, signal: abort.signal })).rejects.toThrow(
			expect.objectContaining({ code: "cancelled" }),
		);
		expect(room.onDisk()).toEqual({ blobs: 0, layers: 0, ingests: 0, staged: 0 });
	});
});

function imageConfig(diffIds: readonly string[]): string {
	return JSON.stringify({
		architecture: "amd64",
		os: "linux",
		rootfs: { type: "layers", diff_ids: diffIds },
	});
}

function multiLayerArchive(layers: readonly Uint8Array[], { reverse }: { reverse: boolean }): Buffer {
	const names = layers.map((_, index) => `l${index}.tar`);
	const entries: TarEntry[] = layers.map((data, index) => ({ name: names[index]!, data }));
	return buildTar([
		{ name: "manifest.json", data: JSON.stringify([{ Config: "c", RepoTags: ["m:1"], Layers: names }]) },
		...(reverse ? entries.reverse() : entries),
		{ name: "c", data: imageConfig(layers.map((layer) => `sha256:${sha256(layer)}`)) },
	]);
}
