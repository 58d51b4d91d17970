import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { hostArchitecture } from "../support/busybox-image.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import {
	type IndexedLayout,
	indexedLayout,
	predicateType,
	signatureType,
} from "../support/indexed-layout.ts";
import { type RealRegistry, startRegistry } from "../support/registry.ts";
import { serveRegistry, type TestServed } from "../support/served-registry.ts";

/** An image of two platforms with an attestation and a signature, as clients see it. */
const name = "indexed:1";
const folder = mkdtempSync(join(tmpdir(), "hull-indexes-"));
let engine: TestDaemon;
let registry: TestServed;
let layout: IndexedLayout;
beforeAll(async () => {
	layout = indexedLayout(`docker.io/library/${name}`);
	writeFileSync(join(folder, "image.tar"), layout.archive);
	engine = await startTestDaemon({ image: false });
	registry = await serveRegistry(engine, { ReadWrite: true });
	await engine.ok(["load", "-i", join(folder, "image.tar")]);
}, 60_000);
afterAll(async () => {
	await registry[Symbol.asyncDispose]();
	await engine[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
}, 60_000);

const run = promisify(execFile);
const json = async (path: string) => {
	const { status, json: value, text } = await engine.api("GET", path);
	if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
	// biome-ignore lint/suspicious/noExplicitAny: answers are looked at, not kept.
	return value as any;
};
const other = () =>
	encodeURIComponent(JSON.stringify({ os: "linux", architecture: layout.otherArchitecture }));

test("lists and inspect show the manifests of the index", async () => {
	const expected = [
		{
			ID: layout.own,
			Kind: "image",
			Available: true,
			ImageData: { Platform: { architecture: hostArchitecture() } },
		},
		{ ID: layout.other, Kind: "image", Available: true, ImageData: { Size: { Unpacked: 0 } } },
		{ ID: layout.attestation, Kind: "attestation", Available: true, AttestationData: { For: layout.own } },
	];
	const [listed] = await json("/v1.51/images/json?manifests=1");
	expect(listed).toMatchObject({ Descriptor: { digest: layout.index }, Manifests: expected });
	expect(await json(`/v1.51/images/${name}/json?manifests=1`)).toMatchObject({ Manifests: expected });
	expect((await engine.api("GET", `/v1.51/images/${name}/json?manifests=1&platform=${other()}`)).status).toBe(
		400,
	);
	expect(await engine.ok(["image", "ls", "--tree"])).toContain(`linux/${layout.otherArchitecture}`);
});

test("another platform is inspected, and its history shown, without being unpacked", async () => {
	expect(await json(`/v1.51/images/${name}/json?platform=${other()}`)).toMatchObject({
		Architecture: layout.otherArchitecture,
		Config: { Env: [`ARCHITECTURE=${layout.otherArchitecture}`] },
	});
	expect(await json(`/v1.51/images/${name}/history?platform=${other()}`)).toMatchObject([
		{ CreatedBy: `made for ${layout.otherArchitecture}` },
	]);
	const { status, json: error } = await engine.api("GET", `/images/${name}/json?platform=linux/s390x`);
	expect(status).toBe(404);
	expect(error).toMatchObject({ message: expect.stringContaining("linux/s390x") });
});

test("attestations come with their statements when they are asked for", async () => {
	const path = `/v1.55/images/${name}/attestations`;
	const [plain] = await json(path);
	expect(plain).toMatchObject({
		PredicateType: predicateType,
		Descriptor: { mediaType: "application/vnd.in-toto+json" },
	});
	expect(plain).not.toHaveProperty("Statement");
	expect(await json(`${path}?statement=1&type=${encodeURIComponent(predicateType)}`)).toMatchObject([
		{ Statement: layout.statement },
	]);
	expect(await json(`${path}?type=other`)).toEqual([]);
	expect(await json(`${path}?platform=${other()}`)).toEqual([]);
	expect((await engine.api("GET", `${path}?platform=linux/s390x`)).status).toBe(404);
	expect((await engine.api("GET", `${path}?platform=nonsense%20x`)).status).toBe(400);
});

test("the client's save of one platform holds that one", async () => {
	const platform = `linux/${layout.otherArchitecture}`;
	const file = join(folder, "saved.tar");
	await engine.ok(["save", "--platform", platform, "-o", file, name]);
	const { stdout } = await run("tar", ["tf", file], { encoding: "utf8" });
	expect(stdout).toContain(layout.other.slice("sha256:".length));
	expect(stdout).not.toContain(layout.own.slice("sha256:".length));
	const refused = await engine.docker(["save", "--platform", "linux/s390x", "-o", file, name]);
	expect(refused.stderr).toContain("linux/s390x");
});

test("the engine's own registry has the index, what it names, and what refers to it", async () => {
	const raw = JSON.parse(
		(await run("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${registry.address}/${name}`]))
			.stdout,
	);
	expect(raw.manifests).toHaveLength(3);
	const answer = await fetch(`http://${registry.address}/v2/indexed/referrers/${layout.own}`);
	expect(await answer.json()).toMatchObject({
		manifests: [{ digest: layout.referrer, artifactType: signatureType, annotations: { by: "somebody" } }],
	});
	expect((await fetch(`http://${registry.address}/v2/indexed/manifests/${layout.other}`)).status).toBe(200);
	expect((await fetch(`http://${registry.address}/v2/indexed/manifests/${layout.referrer}`)).status).toBe(
		200,
	);
});

test("skopeo copies all of it through the engine, and an index that is pushed is saved whole", async () => {
	const copied = `${registry.address}/copied:1`;
	await run("skopeo", [
		...["copy", "-q", "--all", "--src-tls-verify=false", "--dest-tls-verify=false"],
		...[`docker://${registry.address}/${name}`, `docker://${copied}`],
	]);
	expect(await json("/v1.51/images/copied:1/json?manifests=1")).toMatchObject({
		Descriptor: { digest: layout.index },
	});
	const file = join(folder, "copied.tar");
	await engine.ok(["save", "-o", file, "copied:1"]);
	const { stdout } = await run("tar", ["tf", file], { encoding: "utf8" });
	for (const digest of [layout.index, layout.own, layout.other, layout.attestation])
		expect(stdout).toContain(digest.slice("sha256:".length));
});

test("where an image was pulled from is told", async () => {
	await engine.ok(["pull", `${registry.address}/${name}`]);
	const repository = `${registry.address}/indexed`;
	const [image] = await json("/v1.55/images/json?manifests=1&identity=1");
	expect(image.Manifests[0].ImageData.Identity).toEqual({ Pull: [{ Repository: repository }] });
	expect(await json(`/v1.55/images/${name}/json`)).toMatchObject({
		Identity: { Pull: [{ Repository: repository }] },
	});
	expect((await engine.api("GET", "/v1.55/images/json?identity=1")).status).toBe(400);
});

test("one platform is removed, and the image stays", async () => {
	const path = `/v1.51/images/${name}`;
	const removed = await engine.api("DELETE", `${path}?platforms=${other()}`);
	expect(removed.json).toEqual([{ Deleted: layout.other }]);
	expect((await engine.api("DELETE", `${path}?platforms=linux/s390x`)).status).toBe(404);
	expect((await json(`${path}/json`)).Architecture).toBe(hostArchitecture());
	await engine.ok(["load", "-i", join(folder, "image.tar")]);
	expect((await json(`${path}/json?platform=${other()}`)).Architecture).toBe(layout.otherArchitecture);
});

describe("what oras attaches to an image", () => {
	let plain: RealRegistry;
	beforeAll(async () => {
		plain = await startRegistry();
	});
	afterAll(async () => plain[Symbol.asyncDispose]());
	const oras = async (...args: string[]) =>
		(await run("oras", args, { cwd: folder, encoding: "utf8" })).stdout;
	const attached = async (target: string) =>
		JSON.parse(await oras("discover", "--plain-http", "--format", "json", target)).manifests.map(
			({ artifactType, digest }: { artifactType: string; digest: string }) => ({ artifactType, digest }),
		);

	test.each(["a registry that lists referrers", "a registry that does not"])(
		"goes with it from %s to the other kind",
		async (from) => {
			const [source, target] =
				from === "a registry that does not"
					? [plain.domain, registry.address]
					: [registry.address, plain.domain];
			const image = `${source}/attached:1`;
			await engine.ok(["tag", name, image]);
			await engine.ok(["push", "-q", image]);
			writeFileSync(join(folder, "note.txt"), "a note");
			await oras(
				"attach",
				"--plain-http",
				"--artifact-type",
				"application/vnd.example.note",
				image,
				"note.txt",
			);
			const before = await attached(image);
			expect(before.map(({ artifactType }: { artifactType: string }) => artifactType)).toContain(
				"application/vnd.example.note",
			);
			await engine.ok(["pull", "-q", image]);
			const copy = `${target}/carried:1`;
			await engine.ok(["tag", image, copy]);
			await engine.ok(["push", "-q", copy]);
			expect(await attached(copy)).toEqual(expect.arrayContaining(before));
			const note = before.find(({ artifactType }: { artifactType: string }) => artifactType.endsWith("note"));
			await oras("pull", "--plain-http", "-o", join(folder, "pulled"), `${target}/carried@${note.digest}`);
			expect(readFileSync(join(folder, "pulled", "note.txt"), "utf8")).toBe("a note");
		},
	);
});
