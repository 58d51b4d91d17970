import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { dockerArchive } from "../../test/support/busybox-image.ts";
import { openImagesRoom } from "../../test/support/images-room.ts";
import { startRegistry, type TestRegistry } from "../../test/support/registry.ts";
import { buildTar } from "../../test/support/tar-builder.ts";
import { type Digest, digestHex, digestOf, mediaTypes, parseReference } from "../oci/index.ts";
import { createRegistry, type Repository } from "../registry/index.ts";
import {
	createTrust,
	formatPayload,
	parsePrivateKey,
	parseTrustPolicy,
	pushSignature,
} from "../trust/index.ts";

const progress = () => {};
const keyPair = () => {
	const { publicKey, privateKey } = generateKeyPairSync("ec", {
		namedCurve: "P-256",
		publicKeyEncoding: { type: "spki", format: "pem" },
		privateKeyEncoding: { type: "pkcs8", format: "pem" },
	});
	return { publicKey, privateKey: parsePrivateKey(privateKey, "test key") };
};
const [ours, theirs] = [keyPair(), keyPair()];

let registry: TestRegistry;
let name: string;
let digest: Digest;
let images = 0;
beforeAll(async () => {
	registry = await startRegistry();
});
afterAll(async () => registry[Symbol.asyncDispose]());
beforeEach(async () => {
	name = `${registry.domain}/team/app${images++}`;
	digest = await publish(name);
});

/** Pushes a new image; gives its manifest's digest. */
async function publish(repository: string): Promise<Digest> {
	await using room = await openImagesRoom();
	const layer = buildTar([{ name: "file", data: repository }]);
	await room.images.load(stream(dockerArchive({ tag: `${repository}:1`, layer })), { progress });
	await room.images.push(`${repository}:1`, { progress });
	return room.images.get(`${repository}:1`).repoDigests[0]!.split("@")[1] as Digest;
}

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
	yield bytes;
}

function open(repository: string): Repository {
	return createRegistry().open(parseReference(repository), { actions: "pull,push" });
}

async function sign({
	key = ours,
	claim = {},
	at = name,
}: {
	key?: typeof ours;
	claim?: object;
	at?: string;
} = {}): Promise<void> {
	const payload = formatPayload({ digest, name, annotations: {}, ...claim });
	await pushSignature(open(at), { payload, signature: key.privateKey.sign(payload) });
}

function trusting(rule: object, policy: object = {}) {
	const rules = [{ match: `${registry.domain}/team/*`, action: "signed", keys: [ours.publicKey], ...rule }];
	return createTrust(parseTrustPolicy(JSON.stringify({ rules, ...policy }), "policy"));
}

/** Pulls under a policy; what it throws after checking that nothing was kept. */
async function pull(rule: object = {}): Promise<unknown> {
	await using room = await openImagesRoom({ trust: trusting(rule) });
	try {
		await room.images.pull(`${name}:1`, { progress });
	} catch (error) {
		expect(room.images.list()).toEqual([]);
		expect(room.onDisk()).toEqual({ blobs: 0, layers: 0, ingests: 0, staged: 0 });
		return error;
	}
	return undefined;
}

const forbidden = expect.objectContaining({
	code: "forbidden",
	message: expect.stringContaining("is not trusted"),
});

describe("a policy that wants signatures", () => {
	test("refuses an image without one, and takes it when it is signed", async () => {
		expect(await pull()).toEqual(forbidden);
		await sign({ key: theirs });
		expect(await pull()).toEqual(forbidden);
		await sign();
		expect(await pull()).toBeUndefined();
		expect(await pull({ keys: [theirs.publicKey] })).toBeUndefined();
	});

	test("takes the claim at its word: digest, name, annotations", async () => {
		await sign({ claim: { name: `${registry.domain}/team/other` } });
		expect(await pull()).toEqual(forbidden);
		expect(await pull({ name: "any" })).toBeUndefined();
		expect(await pull({ name: "any", annotations: { stage: "prod" } })).toEqual(forbidden);
		await sign({ claim: { annotations: { stage: "prod" } } });
		expect(await pull({ annotations: { stage: "prod" } })).toBeUndefined();
		expect(await pull({ annotations: { stage: "test" } })).toEqual(forbidden);
	});

	test("is not misled by another image's signature under this image's tag", async () => {
		const other = `${registry.domain}/team/app-other${images}`;
		const otherDigest = await publish(other);
		await sign({ claim: { digest: otherDigest, name: other }, at: other });
		const { bytes } = await open(other).manifest(`sha256-${digestHex(otherDigest)}.sig`);
		const { config, layers } = JSON.parse(Buffer.from(bytes).toString());
		for (const { digest: blob } of [config, ...layers])
			await open(name).mountBlob(blob, parseReference(other));
		await open(name).putManifest(`sha256-${digestHex(digest)}.sig`, mediaTypes.ociManifest, bytes);
		expect(await pull({ name: "any" })).toEqual(forbidden);
	});

	test("finds signatures that refer to the image by their subject", async () => {
		const payload = formatPayload({ digest, name, annotations: {} });
		await upload(payload);
		await upload(Buffer.from("{}"));
		const artifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";
		const manifest = json({
			schemaVersion: 2,
			mediaType: mediaTypes.ociManifest,
			artifactType,
			config: { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf("{}"), size: 2 },
			layers: [
				{
					mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
					digest: digestOf(payload),
					size: payload.length,
					annotations: {
						"dev.cosignproject.cosign/signature": Buffer.from(ours.privateKey.sign(payload)).toString(
							"base64",
						),
					},
				},
			],
			subject: { mediaType: mediaTypes.ociManifest, digest, size: 1 },
		});
		await open(name).putManifest(digestOf(manifest), mediaTypes.ociManifest, manifest);
		expect(await pull()).toEqual(forbidden);
		const index = json({
			schemaVersion: 2,
			mediaType: mediaTypes.ociIndex,
			manifests: [
				{
					mediaType: mediaTypes.ociManifest,
					digest: digestOf(manifest),
					size: manifest.length,
					artifactType,
				},
			],
		});
		await open(name).putManifest(`sha256-${digestHex(digest)}`, mediaTypes.ociIndex, index);
		expect(await pull()).toBeUndefined();
	});

	test("takes an image by the signature of its index, and by that of its manifest", async () => {
		const child = digest;
		const { bytes } = await open(name).manifest(child);
		const platform = { os: "linux", architecture: process.arch === "x64" ? "amd64" : process.arch };
		const index = json({
			schemaVersion: 2,
			mediaType: mediaTypes.ociIndex,
			manifests: [{ mediaType: mediaTypes.ociManifest, digest: child, size: bytes.length, platform }],
		});
		await open(name).putManifest("1", mediaTypes.ociIndex, index);
		expect(await pull()).toEqual(forbidden);
		digest = digestOf(index);
		await sign();
		expect(await pull()).toBeUndefined();
	});
});

test("names that are refused, or not named by a policy that refuses the rest, are not pulled", async () => {
	expect(await pull({ action: "refuse", keys: undefined })).toEqual(forbidden);
	expect(await pull({ action: "accept", keys: undefined })).toBeUndefined();
	await using room = await openImagesRoom({
		trust: trusting({ match: "elsewhere.lan" }, { default: "refuse" }),
	});
	await expect(room.images.pull(`${name}:1`, { progress })).rejects.toEqual(forbidden);
});

test("a policy can refuse archives", async () => {
	await using room = await openImagesRoom({ trust: trusting({}, { archives: "refuse" }) });
	const archive = dockerArchive({ tag: "a:1", layer: buildTar([]) });
	const refused = expect.objectContaining({ code: "forbidden" });
	await expect(room.images.load(stream(archive), { progress })).rejects.toEqual(refused);
	await expect(
		room.images.import(stream(buildTar([])), { message: "", changes: [], progress }),
	).rejects.toEqual(refused);
	expect(room.onDisk()).toEqual({ blobs: 0, layers: 0, ingests: 0, staged: 0 });
});

function json(value: unknown): Uint8Array {
	return Buffer.from(JSON.stringify(value));
}

async function upload(bytes: Uint8Array): Promise<void> {
	const descriptor = { mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.length };
	await open(name).uploadBlob(descriptor, {
		async *read({ start, end }) {
			yield bytes.subarray(start, end);
		},
	});
}
