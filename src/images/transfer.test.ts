import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, mkdirSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";
import { dockerArchive } from "../../test/support/busybox-image.ts";
import { type ImagesRoom, openImagesRoom, recordProgress } from "../../test/support/images-room.ts";
import { startRegistry, startScriptedRegistry, type TestRegistry } from "../../test/support/registry.ts";
import { buildTar } from "../../test/support/tar-builder.ts";
import { parsePlatform } from "../oci/index.ts";

let registry: TestRegistry;
beforeAll(async () => {
	registry = await startRegistry();
});
afterAll(() => registry[Symbol.asyncDispose]());

async function* stream(...parts: Uint8Array[]): AsyncIterable<Uint8Array> {
	yield* parts;
}
const quiet = { progress: () => {} };
const sha256 = (bytes: Uint8Array | string) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const layer = (name: string) =>
	buildTar([{ name: `${name}/` }, { name: `${name}/file`, data: name.repeat(5000) }]);
const failure = (code: string, message: string) =>
	expect.objectContaining({ code, message: expect.stringContaining(message) });
const empty = { blobs: 0, layers: 0, ingests: 0, staged: 0 };

async function roomWith(tag: string, content: string): Promise<ImagesRoom> {
	const room = await openImagesRoom();
	await room.images.load(stream(dockerArchive({ tag, layer: layer(content) })), quiet);
	return room;
}

describe("pushing and pulling", () => {
	test("what was pushed comes back the same, and both say what they do", async () => {
		const name = `${registry.domain}/round/trip:1`;
		await using from = await roomWith(name, "a");
		const before = from.images.get(name);
		const pushing = recordProgress();
		await from.images.push(name, pushing);
		const pushed = from.images.get(name);
		const id = before.config.rootfs.diff_ids[0]!.slice(7, 19);
		expect(pushing.lines[0]).toBe(`The push refers to repository [${registry.domain}/round/trip]`);
		expect(pushing.lines).toContain(`${id}: Pushed`);
		expect(pushing.lines.at(-2)).toStartWith(`1: digest: ${pushed.manifestDigest} size: `);
		expect(pushed.repoDigests).toEqual([`${registry.domain}/round/trip@${pushed.manifestDigest}`]);
		expect(pushed.manifest.layers[0]!.mediaType).toEndWith("tar+gzip");
		expect(from.onDisk()).toMatchObject({ blobs: 3, layers: 1 });

		const again = recordProgress();
		await from.images.push(name, again);
		expect(again.lines).toContain(`${id}: Layer already exists`);

		await using to = await openImagesRoom();
		const pulling = recordProgress();
		const pulled = await to.images.pull(name, pulling);
		expect(pulled.id).toBe(before.id);
		expect(pulled.manifestDigest).toBe(pushed.manifestDigest);
		expect(pulled.tags).toEqual([name]);
		const short = pushed.manifest.layers[0]!.digest.slice(7, 19);
		const steps = pulling.lines.filter((line) => !/Downloading|Extracting/.test(line));
		expect(steps).toEqual([
			"1: Pulling from round/trip",
			`${short}: Pulling fs layer`,
			`${short}: Verifying Checksum`,
			`${short}: Download complete`,
			`${short}: Pull complete`,
			`Digest: ${pushed.manifestDigest}`,
			`Status: Downloaded newer image for ${name}`,
		]);
		expect(to.events).toEqual([`pull ${name}`]);
		const upToDate = recordProgress();
		await to.images.pull(name, upToDate);
		expect(upToDate.lines.at(-1)).toBe(`Status: Image is up to date for ${name}`);
		const byDigest = await to.images.pull(`${registry.domain}/round/trip@${pushed.manifestDigest}`, quiet);
		expect(byDigest.id).toBe(before.id);
		expect(to.images.get(`${registry.domain}/round/trip@${pushed.manifestDigest}`).id).toBe(before.id);
	});

	test("a layer of another repository is mounted, not sent", async () => {
		const one = `${registry.domain}/mount/one:1`;
		const two = `${registry.domain}/mount/two:1`;
		await using room = await roomWith(one, "m");
		await room.images.push(one, quiet);
		room.images.tag(one, two);
		const { progress, lines } = recordProgress();
		await room.images.push(two, { progress });
		expect(lines.join("\n")).toContain("Mounted from mount/one");
	});

	test("all tags of a repository, both ways", async () => {
		const name = `${registry.domain}/all`;
		await using from = await roomWith(`${name}:1`, "a");
		await from.images.load(stream(dockerArchive({ tag: `${name}:2`, layer: layer("b") })), quiet);
		await from.images.push(name, quiet);
		await using to = await openImagesRoom();
		await to.images.pull(name, { ...quiet, allTags: true });
		expect(
			to.images
				.list()
				.flatMap(({ tags }) => tags)
				.sort(),
		).toEqual([`${name}:1`, `${name}:2`]);
	});

	test("two pulls at once share the work", async () => {
		const name = `${registry.domain}/shared:1`;
		await using from = await roomWith(name, "s");
		await from.images.push(name, quiet);
		await using to = await openImagesRoom();
		const runs = [recordProgress(), recordProgress(), recordProgress()];
		const pulled = await Promise.all(runs.map((run) => to.images.pull(name, run)));
		expect(new Set(pulled.map(({ id }) => id)).size).toBe(1);
		const downloads = runs.filter(({ lines }) => lines.some((line) => line.includes("Download complete")));
		expect(downloads).toHaveLength(1);
		expect(to.onDisk()).toEqual({ blobs: 3, layers: 1, ingests: 0, staged: 1 });
	});

	test("docker schema 2 from skopeo", async () => {
		await using from = await roomWith("x:1", "a");
		const archive = join(from.root, "x.tar");
		await pipeline(Readable.from(from.images.save(["x:1"])), createWriteStream(archive));
		execFileSync("skopeo", [
			...["copy", "-q", "--format", "v2s2", "--dest-tls-verify=false"],
			...[`docker-archive:${archive}`, `docker://${registry.domain}/schema2:1`],
		]);
		await using to = await openImagesRoom();
		const image = await to.images.pull(`${registry.domain}/schema2:1`, quiet);
		expect(image.manifest.mediaType).toBe("application/vnd.docker.distribution.manifest.v2+json");
	});

	test("layers that skopeo compressed with zstd, and back to skopeo by another registry", async () => {
		const name = `${registry.domain}/zstd:1`;
		await using from = await roomWith("x:1", "zstd");
		const archive = join(from.root, "x.tar");
		await pipeline(Readable.from(from.images.save(["x:1"])), createWriteStream(archive));
		const zstd = ["--format", "oci", "--dest-compress-format", "zstd", "--dest-tls-verify=false"];
		skopeo("copy", "-q", ...zstd, `docker-archive:${archive}:x:1`, `docker://${name}`);
		await using to = await openImagesRoom();
		const image = await to.images.pull(name, quiet);
		expect(image.manifest.layers[0]!.mediaType).toEndWith("tar+zstd");
		await using other = await startRegistry();
		const copied = `${other.domain}/zstd:2`;
		to.images.tag(name, copied);
		await to.images.push(copied, quiet);
		const raw = skopeo("inspect", "--raw", "--tls-verify=false", `docker://${copied}`);
		expect(sha256(raw)).toBe(image.manifestDigest);
	});

	test("texts for what is not there", async () => {
		await using room = await openImagesRoom();
		const missing = `${registry.domain}/none:1`;
		await expect(room.images.pull(missing, quiet)).rejects.toThrow(
			failure("not_found", `manifest for ${missing} not found: manifest unknown: manifest unknown`),
		);
		await room.images.load(stream(dockerArchive({ tag: "there:1", layer: layer("a") })), quiet);
		await expect(room.images.push("there:2", quiet)).rejects.toThrow(
			failure("not_found", "tag does not exist: there:2"),
		);
		await expect(room.images.push("nothing", quiet)).rejects.toThrow(
			failure("not_found", "An image does not exist locally with the tag: nothing"),
		);
		await expect(room.images.pull("UPPER", quiet)).rejects.toThrow(failure("invalid_argument", "lowercase"));
	});
});

describe("an index", () => {
	const image = (architecture: string) => scriptedImage(layer(architecture), { architecture });
	const amd64 = image("amd64");
	const arm64 = image("arm64");
	const index = Buffer.from(
		JSON.stringify({
			schemaVersion: 2,
			mediaType: "application/vnd.oci.image.index.v1+json",
			manifests: [
				{ ...arm64.descriptor, platform: { os: "linux", architecture: "arm64" } },
				{ ...amd64.descriptor, platform: { os: "linux", architecture: "amd64" } },
				{ ...amd64.descriptor, platform: { os: "unknown", architecture: "unknown" } },
			],
		}),
	);
	const serve = () =>
		startScriptedRegistry(serving({ ...amd64.blobs, ...arm64.blobs, "manifests/1": index }));

	test("gives the image of the platform asked for, under the digest of the index", async () => {
		await using server = await serve();
		await using room = await openImagesRoom();
		const image = await room.images.pull(`${server.domain}/x:1`, quiet);
		expect(image.config.architecture).toBe("amd64");
		expect(image.repoDigests).toEqual([`${server.domain}/x@${sha256(index)}`]);
		const platform = parsePlatform("linux/arm64");
		const other = await room.images.pull(`${server.domain}/x:1`, { ...quiet, platform });
		expect(other.config.architecture).toBe("arm64");
		expect(room.images.get(`${server.domain}/x:1`).id).toBe(other.id);
		await expect(
			room.images.pull(`${server.domain}/x:1`, { ...quiet, platform: parsePlatform("linux/s390x") }),
		).rejects.toThrow(
			failure("not_found", "no matching manifest for linux/s390x in the manifest list entries"),
		);
	});
});

describe("a registry that lies: an error that names it, nothing kept", () => {
	const good = scriptedImage(layer("good"), { architecture: "amd64" });
	const foreign = scriptedImage(layer("foreign"), { architecture: "s390x" });
	const wrongDiffId = scriptedImage(layer("a"), { architecture: "amd64", diffId: sha256("other") });
	const manifestOf = (change: (manifest: { config: Record<string, unknown>; layers: unknown[] }) => void) => {
		const manifest = JSON.parse(good.manifest.toString());
		change(manifest);
		return Buffer.from(JSON.stringify(manifest));
	};
	const corrupted = Buffer.from(good.layer);
	corrupted[corrupted.length - 1]! ^= 1;

	test.each<[string, Record<string, Uint8Array>, string, string]>([
		["another platform", foreign.blobs, "not_found", "wanted linux/amd64, actual: linux/s390x"],
		["a wrong diffId", wrongDiffId.blobs, "corrupt", `but the image's config says ${sha256("other")}`],
		["other bytes", { [`blobs/${sha256(good.layer)}`]: corrupted }, "corrupt", sha256(good.layer)],
		[
			"more bytes",
			{ [`blobs/${sha256(good.layer)}`]: Buffer.concat([good.layer, Buffer.alloc(10)]) },
			"corrupt",
			"more bytes than the announced",
		],
		["fewer bytes", { [`blobs/${sha256(good.layer)}`]: good.layer.subarray(10) }, "corrupt", "instead of"],
		["no manifest", { "manifests/1": Buffer.from("hello") }, "corrupt", "is not valid JSON"],
		[
			"an absurd config",
			{
				"manifests/1": manifestOf((manifest) => {
					manifest.config["size"] = 1e12;
				}),
			},
			"too_large",
			"image config",
		],
		[
			"layers without config entries",
			{ "manifests/1": manifestOf((manifest) => manifest.layers.push(manifest.layers[0])) },
			"corrupt",
			"has 2 layers, its config 1",
		],
		[
			"no image at all",
			{
				"manifests/1": manifestOf((manifest) => {
					manifest.config["mediaType"] = "application/x-helm";
				}),
			},
			"not_implemented",
			"application/x-helm",
		],
		[
			"a missing layer",
			{ [`blobs/${sha256(good.layer)}`]: undefined as never },
			"not_found",
			"unexpected status 404",
		],
	])("%s", async (_name, blobs, code, message) => {
		await using server = await startScriptedRegistry(serving({ ...good.blobs, ...blobs }));
		await using room = await openImagesRoom();
		await expect(room.images.pull(`${server.domain}/x:1`, quiet)).rejects.toThrow(failure(code, message));
		expect(room.onDisk()).toEqual(empty);
		expect(room.images.list()).toEqual([]);
	});

	test("a client that goes away in the middle of a layer", async () => {
		const abort = new AbortController();
		await using server = await startScriptedRegistry((request, response) => {
			if (!request.url!.includes(sha256(good.layer))) return serving(good.blobs)(request, response);
			response.writeHead(200, { "content-length": good.layer.length });
			response.write(good.layer.subarray(0, 20), () => abort.abort());
		});
		await using room = await openImagesRoom();
		const pulling = room.images.pull(`${server.domain}/x:1`, { ...quiet, signal: abort.signal });
		await expect(pulling).rejects.toThrow(failure("cancelled", ""));
		expect(room.onDisk()).toEqual(empty);
	});
});

describe("an archive that save wrote", () => {
	test("is read by skopeo and umoci, and gives the same image when loaded", async () => {
		await using room = await roomWith("x:1", "a");
		room.images.tag("x:1", "me/y:2");
		const archive = join(room.root, "saved.tar");
		await pipeline(Readable.from(room.images.save(["x:1", "me/y"])), createWriteStream(archive));
		const docker = JSON.parse(skopeo("inspect", "--config", `docker-archive:${archive}:x:1`));
		expect(docker.rootfs.diff_ids).toEqual(room.images.get("x:1").config.rootfs.diff_ids);
		const folder = join(room.root, "layout");
		mkdirSync(folder);
		execFileSync("tar", ["xf", archive, "-C", folder]);
		execFileSync("umoci", ["unpack", "--image", `${folder}:2`, join(room.root, "bundle")], { stdio: "pipe" });
		expect(sha256(skopeo("inspect", "--raw", `oci:${folder}:2`))).toBe(room.images.get("x:1").manifestDigest);

		await using other = await openImagesRoom();
		await other.images.load(Readable.from(room.images.save(["x:1", "me/y"])), quiet);
		const image = other.images.get("x:1");
		expect([...image.tags].sort()).toEqual(["docker.io/library/x:1", "docker.io/me/y:2"]);
		expect(image.manifestDigest).toBe(room.images.get("x:1").manifestDigest);
	});

	test("by id has no names", async () => {
		await using room = await roomWith("x:1", "a");
		const { id } = room.images.get("x:1");
		await using other = await openImagesRoom();
		const { progress, lines } = recordProgress();
		await other.images.load(Readable.from(room.images.save([id.slice(7, 19)])), { progress });
		expect(lines.at(-1)).toBe(`Loaded image ID: ${id}`);
	});
});

function skopeo(...args: string[]): string {
	return execFileSync("skopeo", args).toString();
}

function scriptedImage(tar: Uint8Array, options: { architecture: string; diffId?: string }) {
	const layerBlob = gzipSync(tar);
	const config = Buffer.from(
		JSON.stringify({
			architecture: options.architecture,
			os: "linux",
			rootfs: { type: "layers", diff_ids: [options.diffId ?? sha256(tar)] },
		}),
	);
	const manifest = Buffer.from(
		JSON.stringify({
			schemaVersion: 2,
			mediaType: "application/vnd.oci.image.manifest.v1+json",
			config: {
				mediaType: "application/vnd.oci.image.config.v1+json",
				digest: sha256(config),
				size: config.length,
			},
			layers: [
				{
					mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
					digest: sha256(layerBlob),
					size: layerBlob.length,
				},
			],
		}),
	);
	return {
		layer: layerBlob,
		manifest,
		descriptor: {
			mediaType: "application/vnd.oci.image.manifest.v1+json",
			digest: sha256(manifest),
			size: manifest.length,
		},
		blobs: {
			"manifests/1": manifest,
			[`manifests/${sha256(manifest)}`]: manifest,
			[`blobs/${sha256(config)}`]: config,
			[`blobs/${sha256(layerBlob)}`]: layerBlob,
		} as Record<string, Uint8Array>,
	};
}

function serving(blobs: Readonly<Record<string, Uint8Array | undefined>>) {
	return (request: IncomingMessage, response: ServerResponse) => {
		const bytes = blobs[request.url!.replace("/v2/x/", "")];
		if (bytes === undefined) response.writeHead(404).end();
		else response.writeHead(200, { "content-length": bytes.length }).end(bytes);
	};
}
