import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ImagesRoom, openImagesRoom, recordProgress } from "../../test/support/images-room.ts";
import { indexedLayout, signatureType } from "../../test/support/indexed-layout.ts";
import { startMisbehavingProxy } from "../../test/support/misbehaving-proxy.ts";
import { type RealRegistry, startRegistry } from "../../test/support/registry.ts";
import { digestHex, parseReference } from "../oci/index.ts";
import { createRegistry } from "../registry/index.ts";

const quiet = { progress: () => {} };
const usedBy = () => [];
let registry: RealRegistry;
let name: string;

beforeAll(async () => {
	registry = await startRegistry();
	name = `${registry.domain}/kept:1`;
});
afterAll(async () => registry[Symbol.asyncDispose]());

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	yield bytes;
}

const open = (text: string) => createRegistry().open(parseReference(text), { actions: "pull" });

async function loaded(layout = indexedLayout(name)): Promise<ImagesRoom> {
	const room = await openImagesRoom();
	await room.images.load(stream(layout.archive), quiet);
	return room;
}

/** What the store has of the layout. */
function here(room: ImagesRoom, layout = indexedLayout(name)): Record<string, boolean> {
	const { index, own, other, attestation, referrer } = layout;
	return Object.fromEntries(
		Object.entries({ index, own, other, attestation, referrer }).map(([what, digest]) => [
			what,
			room.content.has(digest),
		]),
	);
}

const all = { index: true, own: true, other: true, attestation: true, referrer: true };

describe("an index in an archive", () => {
	test("is kept with all platforms, and the image is the one for this machine", async () => {
		const layout = indexedLayout(name);
		await using room = await loaded(layout);
		const image = room.images.get(name);
		expect(image.manifestDigest).toBe(layout.own);
		expect(here(room)).toEqual(all);
		const leaves = await room.images.manifests(image);
		expect(leaves.map(({ descriptor, isWhole, attests }) => [descriptor.digest, isWhole, attests])).toEqual([
			[layout.own, true, undefined],
			[layout.other, true, undefined],
			[layout.attestation, true, layout.own],
		]);
		await using again = await room.reopen();
		await again.images.collect();
		expect(here(again)).toEqual(all);
		await again.images.remove(name, { force: false, noPrune: false, usedBy });
		expect(again.onDisk()).toMatchObject({ blobs: 0, layers: 0 });
	});

	test("of which parts are missing keeps what there is", async () => {
		const layout = indexedLayout(name, { leaveOutOther: true });
		await using room = await loaded(layout);
		expect(here(room)).toEqual({ ...all, other: false });
		const platform = { os: "linux", architecture: layout.otherArchitecture };
		await expect(room.images.variant(name, platform)).rejects.toMatchObject({ code: "not_found" });
	});

	test("gives only the platform that is asked for", async () => {
		const layout = indexedLayout(name);
		await using room = await openImagesRoom();
		const platforms = [{ os: "linux", architecture: layout.otherArchitecture }];
		await room.images.load(stream(layout.archive), { ...quiet, platforms });
		expect(room.images.get(name).manifestDigest).toBe(layout.other);
		expect(here(room)).toMatchObject({ index: true, own: false, other: true, attestation: false });
	});

	test("shows the image of another platform without unpacking it", async () => {
		const layout = indexedLayout(name);
		await using room = await loaded(layout);
		const platform = { os: "linux", architecture: layout.otherArchitecture };
		expect(await room.images.variant(name, platform)).toMatchObject({
			manifestDigest: layout.other,
			isUnpacked: false,
			config: { architecture: layout.otherArchitecture },
		});
		expect(await room.images.history(name, platform)).toMatchObject([
			{ createdBy: `made for ${layout.otherArchitecture}` },
		]);
		expect([...room.snapshots.layers()]).toHaveLength(1);
	});

	test("gives up one platform, and takes it again", async () => {
		const layout = indexedLayout(name);
		await using room = await loaded(layout);
		expect(await room.images.removeVariants(name, [layout.other])).toEqual([{ deleted: layout.other }]);
		expect(here(room)).toEqual({ ...all, other: false });
		await room.images.load(stream(layout.archive), quiet);
		expect(here(room)).toEqual(all);
	});

	test.each(["name", "id"])("is saved by %s and loaded again, byte for byte", async (by) => {
		await using room = await loaded();
		const subject = by === "name" ? name : room.images.get(name).id;
		await using other = await openImagesRoom();
		await other.images.load(room.images.save([subject]), quiet);
		expect(here(other)).toEqual(all);
		const [image] = other.images.list();
		expect(image?.kept).toEqual(room.images.get(name).kept!);
		expect(image?.tags).toEqual(by === "name" ? [name] : []);
	});

	test("is saved for one platform", async () => {
		const layout = indexedLayout(name);
		await using room = await loaded(layout);
		await using other = await openImagesRoom();
		const platforms = [{ os: "linux", architecture: layout.otherArchitecture }];
		await other.images.load(room.images.save([name], { platforms }), quiet);
		expect(here(other)).toMatchObject({ index: true, own: false, other: true, attestation: false });
		expect(other.images.get(name).config.architecture).toBe(layout.otherArchitecture);
	});
});

describe("pushed and pulled", () => {
	test("the index, its images and what refers to them arrive; a pull keeps this machine's part", async () => {
		const layout = indexedLayout(name);
		await using room = await loaded(layout);
		const { progress, lines } = recordProgress();
		await room.images.push(name, { progress });
		expect(lines.at(-2)).toStartWith(`1: digest: ${layout.index} `);
		const repository = open(name);
		expect((await repository.manifest("1")).digest).toBe(layout.index);
		for (const digest of [layout.own, layout.other, layout.attestation])
			expect(await repository.hasManifest(digest)).toBe(true);
		expect(await repository.referrers(layout.own)).toMatchObject([
			{ digest: layout.referrer, artifactType: signatureType, annotations: { by: "somebody" } },
		]);

		await using puller = await openImagesRoom();
		await puller.images.pull(name, quiet);
		expect(here(puller)).toEqual({ ...all, other: false });
		expect(puller.images.get(name).pulledFrom).toEqual([`${registry.domain}/kept`]);
		expect(puller.images.get(name).repoDigests).toEqual([`${registry.domain}/kept@${layout.index}`]);
	});

	test("a pulled image carries its signatures to another repository, once", async () => {
		const layout = indexedLayout(name);
		await using room = await loaded(layout);
		await room.images.push(name, quiet);
		await using carrier = await openImagesRoom();
		await carrier.images.pull(name, quiet);
		const target = `${registry.domain}/carried:1`;
		carrier.images.tag(name, target);
		const { progress, lines } = recordProgress();
		await carrier.images.push(target, { progress });
		await carrier.images.push(target, quiet);
		// The other machine's image is in the other repository only, so the index cannot follow.
		expect(lines.join("\n")).toContain("only the available single-platform image was pushed");
		const repository = open(target);
		expect((await repository.manifest("1")).digest).toBe(layout.own);
		expect((await repository.referrers(layout.own)).map(({ digest }) => digest)).toEqual([layout.referrer]);
	});

	test("one platform is pushed alone", async () => {
		const layout = indexedLayout(name);
		await using room = await loaded(layout);
		const target = `${registry.domain}/single:1`;
		room.images.tag(name, target);
		const platform = { os: "linux", architecture: layout.otherArchitecture };
		await room.images.push(target, { ...quiet, platform });
		expect((await open(target).manifest("1")).digest).toBe(layout.other);
	});

	test("a referrer that lies about its subject, or cannot be had, is left out and said", async () => {
		const layout = indexedLayout(name);
		await using room = await loaded(layout);
		await room.images.push(name, quiet);
		await using proxy = await startMisbehavingProxy(registry);
		const lying = {
			schemaVersion: 2,
			mediaType: "application/vnd.oci.image.index.v1+json",
			manifests: [layout.attestation, `sha256:${"0".repeat(64)}`].map((digest) => ({
				mediaType: "application/vnd.oci.image.manifest.v1+json",
				digest,
				size: 1,
			})),
		};
		proxy.misbehave(({ path, response }) => {
			if (!path.endsWith(`sha256-${digestHex(layout.own)}`)) return false;
			response.writeHead(200, { "content-type": lying.mediaType }).end(JSON.stringify(lying));
			return true;
		});
		await using puller = await openImagesRoom();
		const { progress, lines } = recordProgress();
		await puller.images.pull(`${proxy.domain}/kept:1`, { progress });
		const image = puller.images.get(`${proxy.domain}/kept:1`);
		expect(image.kept?.referrers).toEqual([]);
		expect(lines.filter((line) => line.includes("Left out referrer"))).toHaveLength(2);
	});
});
