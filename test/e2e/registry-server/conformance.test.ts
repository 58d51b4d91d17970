import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { startTestDaemon, type TestDaemon } from "../../support/daemon.ts";
import { eventually } from "../../support/eventually.ts";
import { serveRegistry, type TestServed } from "../../support/served-registry.ts";

/**
 * What the OCI distribution spec asks of a registry, workflow by workflow (pull, push, content discovery, content
 * management): https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
let engine: TestDaemon;
let registry: TestServed;
beforeAll(async () => {
	engine = await startTestDaemon();
	registry = await serveRegistry(engine, { ReadWrite: true });
});
afterAll(async () => {
	await registry[Symbol.asyncDispose]();
	await engine[Symbol.asyncDispose]();
});

const sha256 = (bytes: Uint8Array | string) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const call = (method: string, path: string, init: RequestInit = {}) =>
	fetch(new URL(path, registry.url), { method, ...init });
const errorCode = async (response: Response) =>
	((await response.json()) as { errors: { code: string }[] }).errors[0]!.code;
const ociManifest = "application/vnd.oci.image.manifest.v1+json";
const ociIndex = "application/vnd.oci.image.index.v1+json";

async function pushBlob(name: string, bytes: Uint8Array | string): Promise<string> {
	const digest = sha256(bytes);
	const response = await call("POST", `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: bytes });
	expect(response.status).toBe(201);
	return digest;
}

async function pushArtifact(name: string, reference: string, more: object = {}) {
	const config = "{}";
	const layer = randomBytes(100);
	const manifest = JSON.stringify({
		schemaVersion: 2,
		mediaType: ociManifest,
		artifactType: "application/x-test",
		config: {
			mediaType: "application/vnd.oci.empty.v1+json",
			digest: await pushBlob(name, config),
			size: config.length,
		},
		layers: [
			{ mediaType: "application/octet-stream", digest: await pushBlob(name, layer), size: layer.length },
		],
		...more,
	});
	const digest = sha256(manifest);
	const response = await call("PUT", `/v2/${name}/manifests/${reference === "" ? digest : reference}`, {
		body: manifest,
		headers: { "Content-Type": ociManifest },
	});
	return { manifest, digest, response };
}

describe("pull", () => {
	test("a local image is there by tag and by digest, with its blobs", async () => {
		const base = await call("GET", "/v2/");
		expect(base.status).toBe(200);
		const response = await call("GET", "/v2/busybox/manifests/latest");
		expect(response.status).toBe(200);
		const digest = response.headers.get("docker-content-digest")!;
		const bytes = Buffer.from(await response.arrayBuffer());
		expect(sha256(bytes)).toBe(digest);
		expect(response.headers.get("content-type")).toBe(ociManifest);
		const byDigest = await call("GET", `/v2/library/busybox/manifests/${digest}`);
		expect(Buffer.from(await byDigest.arrayBuffer())).toEqual(bytes);
		const head = await call("HEAD", "/v2/busybox/manifests/latest");
		expect(head.headers.get("content-length")).toBe(String(bytes.length));
		const { layers } = JSON.parse(bytes.toString());
		const blob = await call("GET", `/v2/busybox/blobs/${layers[0].digest}`);
		expect(blob.headers.get("content-length")).toBe(String(layers[0].size));
		const content = Buffer.from(await blob.arrayBuffer());
		expect(sha256(content)).toBe(layers[0].digest);
		const range = { headers: { Range: "bytes=512-1023" } };
		const part = await call("GET", `/v2/busybox/blobs/${layers[0].digest}`, range);
		expect(part.status).toBe(206);
		expect(part.headers.get("content-range")).toBe(`bytes 512-1023/${layers[0].size}`);
		expect(Buffer.from(await part.arrayBuffer())).toEqual(content.subarray(512, 1024));
		const beyond = { headers: { Range: `bytes=${layers[0].size}-` } };
		expect((await call("GET", `/v2/busybox/blobs/${layers[0].digest}`, beyond)).status).toBe(416);
		const blobHead = await call("HEAD", `/v2/busybox/blobs/${layers[0].digest}`);
		expect(blobHead.headers.get("content-length")).toBe(String(layers[0].size));
	});

	test.each([
		["GET", "/v2/nosuch/manifests/latest", 404, "NAME_UNKNOWN"],
		["GET", "/v2/busybox/manifests/nosuch", 404, "MANIFEST_UNKNOWN"],
		["GET", `/v2/busybox/manifests/sha256:${"0".repeat(64)}`, 404, "MANIFEST_UNKNOWN"],
		["GET", `/v2/busybox/blobs/sha256:${"0".repeat(64)}`, 404, "BLOB_UNKNOWN"],
		["GET", "/v2/busybox/blobs/sha512:00", 400, "DIGEST_INVALID"],
		["GET", "/v2/BUSYBOX/manifests/latest", 400, "NAME_INVALID"],
		["GET", "/v2/busybox/manifests/.bad", 400, "MANIFEST_INVALID"],
		["GET", "/v2/nosuch/tags/list", 404, "NAME_UNKNOWN"],
		["GET", "/v2/busybox/tags/list?n=many", 400, "UNSUPPORTED"],
		["GET", "/v2/busybox/blobs/uploads/00000000-0000-0000-0000-000000000000", 404, "BLOB_UPLOAD_UNKNOWN"],
		["POST", `/v2/busybox/blobs/uploads/?digest=sha256:${"0".repeat(64)}`, 400, "DIGEST_INVALID"],
		["POST", "/v2/_catalog", 405, "UNSUPPORTED"],
		["GET", "/v1/search", 404, "UNSUPPORTED"],
		["GET", "/v2/%ff/tags/list", 400, "NAME_INVALID"],
	])("%s %s is %d %s", async (method, path, status, code) => {
		const response = await call(method, path);
		expect({ status: response.status, code: await errorCode(response) }).toEqual({ status, code });
	});
});

describe("push", () => {
	test("a blob in chunks, in order, with its place asked for in between", async () => {
		const bytes = randomBytes(300_000);
		const started = await call("POST", "/v2/team/chunks/blobs/uploads/");
		expect(started.status).toBe(202);
		const location = started.headers.get("location")!;
		const chunk = (start: number, end: number) =>
			call("PATCH", location, {
				body: bytes.subarray(start, end),
				headers: { "Content-Range": `${start}-${end - 1}`, "Content-Type": "application/octet-stream" },
			});
		const first = await chunk(0, 100_000);
		expect(first.status).toBe(202);
		expect(first.headers.get("range")).toBe("0-99999");
		const wrong = await chunk(150_000, 200_000);
		expect(wrong.status).toBe(416);
		const place = await call("GET", location);
		expect({ status: place.status, range: place.headers.get("range") }).toEqual({
			status: 204,
			range: "0-99999",
		});
		expect((await chunk(100_000, 200_000)).status).toBe(202);
		const end = await call("PUT", `${location}?digest=${sha256(bytes)}`, { body: bytes.subarray(200_000) });
		expect(end.status).toBe(201);
		const back = await call("GET", `/v2/team/chunks/blobs/${sha256(bytes)}`);
		expect(Buffer.from(await back.arrayBuffer())).toEqual(bytes);
		expect((await call("GET", location)).status).toBe(404);
	});

	test("a blob with another digest leaves nothing behind", async () => {
		const bytes = randomBytes(1000);
		const started = await call("POST", "/v2/team/wrong/blobs/uploads/");
		const location = started.headers.get("location")!;
		await call("PATCH", location, { body: bytes });
		const end = await call("PUT", `${location}?digest=${sha256("other")}`);
		expect({ status: end.status, code: await errorCode(end) }).toEqual({
			status: 400,
			code: "DIGEST_INVALID",
		});
		expect((await call("HEAD", `/v2/team/wrong/blobs/${sha256(bytes)}`)).status).toBe(404);
	});

	test("an upload can be given up, and a blob mounted from elsewhere", async () => {
		const started = await call("POST", "/v2/team/gone/blobs/uploads/");
		const location = started.headers.get("location")!;
		expect((await call("DELETE", location)).status).toBe(204);
		expect((await call("GET", location)).status).toBe(404);
		const digest = await pushBlob("team/one", "shared bytes");
		const mounted = await call("POST", `/v2/team/two/blobs/uploads/?mount=${digest}&from=team/one`);
		expect(mounted.status).toBe(201);
		const absent = sha256("never pushed");
		const refused = await call("POST", `/v2/team/two/blobs/uploads/?mount=${absent}&from=team/one`);
		expect(refused.status).toBe(202);
		await call("DELETE", refused.headers.get("location")!);
	});

	test("a manifest whose blobs did not come, or that is none, is refused", async () => {
		const descriptor = { mediaType: "application/x", digest: sha256("absent"), size: 6 };
		const manifest = { schemaVersion: 2, mediaType: ociManifest, config: descriptor, layers: [] };
		const put = (body: string) =>
			call("PUT", "/v2/team/bad/manifests/v1", { body, headers: { "Content-Type": ociManifest } });
		expect(await errorCode(await put(JSON.stringify(manifest)))).toBe("MANIFEST_BLOB_UNKNOWN");
		expect(await errorCode(await put("{"))).toBe("MANIFEST_INVALID");
		expect(await errorCode(await put(""))).toBe("MANIFEST_INVALID");
		const huge = await put(" ".repeat(5 * 1024 * 1024));
		expect(huge.status).toBe(413);
		const index = { schemaVersion: 2, mediaType: ociIndex, manifests: [{ ...descriptor }] };
		const response = await call("PUT", "/v2/team/bad/manifests/v1", {
			body: JSON.stringify(index),
			headers: { "Content-Type": ociIndex },
		});
		expect(await errorCode(response)).toBe("MANIFEST_BLOB_UNKNOWN");
		expect((await call("GET", "/v2/team/bad/tags/list")).status).toBe(404);
	});
});

describe("content discovery", () => {
	test("tags and repositories come in pages, in order", async () => {
		for (const tag of ["b", "a", "d", "c"]) await pushArtifact("team/tags", tag);
		const all = (await (await call("GET", "/v2/team/tags/tags/list")).json()) as { tags: string[] };
		expect(all).toEqual({ name: "team/tags", tags: ["a", "b", "c", "d"] } as never);
		const first = await call("GET", "/v2/team/tags/tags/list?n=3");
		expect(((await first.json()) as { tags: string[] }).tags).toEqual(["a", "b", "c"]);
		const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get("link")!)![1]!;
		const second = await call("GET", next);
		expect(((await second.json()) as { tags: string[] }).tags).toEqual(["d"]);
		expect(second.headers.get("link")).toBeNull();
		const none = await call("GET", "/v2/team/tags/tags/list?n=0");
		expect(((await none.json()) as { tags: string[] }).tags).toEqual([]);
		const catalog = (await (await call("GET", "/v2/_catalog")).json()) as { repositories: string[] };
		expect(catalog.repositories).toContain("busybox");
		expect(catalog.repositories).toContain("team/tags");
	});

	test("what refers to a manifest is listed, by type too", async () => {
		const subject = await pushArtifact("team/referred", "v1");
		const descriptor = {
			mediaType: ociManifest,
			digest: subject.digest,
			size: Buffer.byteLength(subject.manifest),
		};
		const referrer = await pushArtifact("team/referred", "", {
			subject: descriptor,
			artifactType: "application/x-signature",
			annotations: { key: "value" },
		});
		expect(referrer.response.status).toBe(201);
		expect(referrer.response.headers.get("oci-subject")).toBe(subject.digest);
		const list = async (query = "") => {
			const response = await call("GET", `/v2/team/referred/referrers/${subject.digest}${query}`);
			expect(response.headers.get("content-type")).toBe(ociIndex);
			return { filters: response.headers.get("oci-filters-applied"), index: await response.json() };
		};
		const { index } = await list();
		expect(index).toEqual({
			schemaVersion: 2,
			mediaType: ociIndex,
			manifests: [
				{
					mediaType: ociManifest,
					digest: referrer.digest,
					size: Buffer.byteLength(referrer.manifest),
					artifactType: "application/x-signature",
					annotations: { key: "value" },
				},
			],
		});
		const other = await list("?artifactType=application/x-other");
		expect(other).toEqual({ filters: "artifactType", index: expect.objectContaining({ manifests: [] }) });
		const empty = await call("GET", `/v2/team/referred/referrers/sha256:${"0".repeat(64)}`);
		expect(await empty.json()).toEqual(expect.objectContaining({ manifests: [] }));
	});
});

describe("content management", () => {
	test("tags and manifests are deleted, and their blobs go with the last", async () => {
		const { digest, manifest } = await pushArtifact("team/deleted", "v1");
		await call("PUT", "/v2/team/deleted/manifests/v2", {
			body: manifest,
			headers: { "Content-Type": ociManifest },
		});
		expect((await call("DELETE", "/v2/team/deleted/manifests/v1")).status).toBe(202);
		expect((await call("GET", "/v2/team/deleted/manifests/v1")).status).toBe(404);
		expect((await call("GET", "/v2/team/deleted/manifests/v2")).status).toBe(200);
		expect((await call("DELETE", `/v2/team/deleted/manifests/${digest}`)).status).toBe(202);
		expect((await call("GET", `/v2/team/deleted/manifests/${digest}`)).status).toBe(404);
		expect((await call("DELETE", `/v2/team/deleted/manifests/${digest}`)).status).toBe(404);
		const { layers } = JSON.parse(manifest);
		const blob = await call("DELETE", `/v2/team/deleted/blobs/${layers[0].digest}`);
		expect({ status: blob.status, code: await errorCode(blob) }).toEqual({
			status: 405,
			code: "UNSUPPORTED",
		});
	});

	test("a name that goes here is gone there, and the other way round", async () => {
		await engine.ok(["tag", "busybox", "team/local:v1"]);
		await eventually(async () => {
			expect((await call("HEAD", "/v2/team/local/manifests/v1")).status).toBe(200);
		});
		expect((await call("DELETE", "/v2/team/local/manifests/v1")).status).toBe(202);
		expect((await engine.docker(["image", "inspect", "team/local:v1"])).code).toBe(1);
		await engine.ok(["image", "inspect", "busybox"]);
		await engine.ok(["tag", "busybox", "team/local:v2"]);
		await engine.ok(["rmi", "team/local:v2"]);
		expect((await call("HEAD", "/v2/team/local/manifests/v2")).status).toBe(404);
	});

	test("artifacts outlive a restart of the engine, what nothing names does not", async () => {
		const kept = await pushArtifact("team/kept", "v1");
		const loose = await pushArtifact("team/kept", "");
		await engine.kill();
		await engine.start();
		registry = await serveRegistry(engine, { ReadWrite: true });
		const response = await call("GET", "/v2/team/kept/manifests/v1");
		expect(await response.text()).toBe(kept.manifest);
		const { layers } = JSON.parse(kept.manifest);
		expect((await call("GET", `/v2/team/kept/blobs/${layers[0].digest}`)).status).toBe(200);
		expect((await call("GET", `/v2/team/kept/manifests/${loose.digest}`)).status).toBe(404);
	}, 30_000);
});
