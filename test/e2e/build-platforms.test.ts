/** Images for several platforms, and what is attested about them, through buildx and `hull build`. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Buildx, withBuildx } from "../support/buildx.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { hullCli } from "../support/hull-cli.ts";
import { type RealRegistry, startRegistry } from "../support/registry.ts";

let daemon: TestDaemon;
let buildx: Buildx;
let registry: RealRegistry;
let app: string;

/** RUN is done once, on this machine, for what all platforms have in common, and once for each where it differs. */
const dockerfile = `FROM --platform=$BUILDPLATFORM busybox AS common
RUN --mount=type=secret,id=key,required wc -c < /run/secrets/key > /common
FROM --platform=$BUILDPLATFORM busybox AS make
ARG TARGETARCH TARGETVARIANT BUILDPLATFORM
RUN echo "$TARGETARCH $TARGETVARIANT on $BUILDPLATFORM" > /made
FROM scratch
ARG WORD
LABEL word=$WORD
COPY --from=common /common /
COPY --from=make /made /
`;

beforeAll(async () => {
	[daemon, registry] = await Promise.all([startTestDaemon(), startRegistry({ users: { me: "sesame" } })]);
	buildx = withBuildx(daemon.socket);
	app = buildx.context("app", { Dockerfile: dockerfile, key: "open sesame 12" });
	await ok(["login", "-u", "me", "-p", "sesame", registry.domain]);
}, 60_000);

afterAll(async () => {
	buildx[Symbol.dispose]();
	await registry[Symbol.asyncDispose]();
	await daemon.assertClean();
	await daemon[Symbol.asyncDispose]();
}, 60_000);

async function ok(args: readonly string[]): Promise<string> {
	const { code, stdout, stderr } = await buildx.docker(args);
	expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
	return `${stdout}${stderr}`;
}

async function hull(...args: string[]): Promise<string> {
	const env = { DOCKER_CONFIG: join(buildx.folder, "config") };
	const { code, stdout, stderr } = await hullCli(daemon.socket, args, { cwd: app, env });
	expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
	return `${stdout}${stderr}`;
}

const secret = () => ["--secret", `id=key,src=${join(app, "key")}`];
const both = "linux/amd64,linux/arm/v7";

/** The documents of an OCI archive, by digest. */
function layoutOf(archive: string) {
	const folder = `${archive}.d`;
	mkdirSync(folder);
	execFileSync("tar", ["-xf", archive, "-C", folder]);
	const bytes = (digest: string) => readFileSync(join(folder, "blobs/sha256", digest.slice(7)));
	const document = (digest: string) => JSON.parse(bytes(digest).toString());
	const [top] = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")).manifests;
	return { folder, top, document, index: document(top.digest) };
}

const statementsIn = (layout: ReturnType<typeof layoutOf>, position: number) => {
	const attested = layout.index.manifests[position];
	const entry = layout.index.manifests.find(
		// biome-ignore lint/suspicious/noExplicitAny: a document
		(one: any) => one.annotations?.["vnd.docker.reference.digest"] === attested.digest,
	);
	expect(entry.annotations["vnd.docker.reference.type"]).toBe("attestation-manifest");
	expect(entry.platform).toEqual({ architecture: "unknown", os: "unknown" });
	// biome-ignore lint/suspicious/noExplicitAny: a document
	return layout.document(entry.digest).layers.map((layer: any) => {
		const statement = layout.document(layer.digest);
		expect(layer.mediaType).toBe("application/vnd.in-toto+json");
		expect(layer.annotations["in-toto.io/predicate-type"]).toBe(statement.predicateType);
		expect(statement.subject[0].digest.sha256).toBe(attested.digest.slice(7));
		return statement;
	});
};

test("buildx pushes an index of two platforms with the provenance that it asks for by itself", async () => {
	const name = `${registry.domain}/app:1`;
	const file = join(buildx.folder, "metadata.json");
	const output = await ok([
		...["buildx", "build", "--progress=plain", ...secret(), "--platform", both],
		...["--build-arg", "WORD=hi", "--metadata-file", file, "-t", name, "--push", app],
	]);
	// The stage that says nothing of its target is built once.
	expect(new Set(output.match(/#\d+ \[linux\/amd64 common 2\/2\]/g)).size).toBe(1);
	expect(new Set(output.match(/#\d+ \[linux\/amd64 make 2\/2\]/g)).size).toBe(2);
	const index = JSON.parse(await ok(["buildx", "imagetools", "inspect", "--raw", name]));
	// biome-ignore lint/suspicious/noExplicitAny: a document
	const platforms = index.manifests.map(({ platform: p }: any) =>
		[p.os, p.architecture, p.variant].join("/"),
	);
	expect(platforms).toEqual(["linux/amd64/", "linux/arm/v7", "unknown/unknown/", "unknown/unknown/"]);
	const shown = await ok(["buildx", "imagetools", "inspect", name]);
	expect(shown).toContain(JSON.parse(readFileSync(file, "utf8"))["containerimage.digest"]);
	const provenance = JSON.parse(
		await ok(["buildx", "imagetools", "inspect", "--format", "{{json .Provenance}}", name]),
	);
	expect(Object.keys(provenance)).toEqual(["linux/amd64", "linux/arm/v7"]);
	const { SLSA } = provenance["linux/arm/v7"];
	expect(SLSA.invocation.parameters).toEqual({
		frontend: "dockerfile.v0",
		args: {},
		locals: [{ name: "dockerfile" }],
	});
	expect(SLSA.materials.map(({ uri }: { uri: string }) => uri)).toEqual([
		"pkg:docker/busybox@latest?platform=linux%2Famd64",
	]);
	// What is pushed is compressed, though an index names it.
	const manifest = JSON.parse(
		await ok(["buildx", "imagetools", "inspect", "--raw", `${name}@${index.manifests[1].digest}`]),
	);
	for (const { mediaType } of manifest.layers) expect(mediaType).toEndWith("+gzip");
	// It is an image of the store as well, and its other platform is there.
	expect(JSON.parse(await ok(["image", "inspect", name]))[0].Architecture).toBe("amd64");
	await ok(["rmi", name]);
	await ok(["pull", "-q", "--platform", "linux/arm/v7", name]);
	expect(JSON.parse(await ok(["image", "inspect", name]))[0].Config.Labels).toEqual({ word: "hi" });
}, 120_000);

test("hull build gives a folder for each platform, and an archive without naming an image of the store", async () => {
	const out = join(buildx.folder, "out");
	const archive = join(buildx.folder, "two.tar");
	const outputs = ["-o", out, "-o", `type=oci,dest=${archive}`];
	await hull("build", ...secret(), "--platform", both, "-t", "two:1", ...outputs, ".");
	expect(readdirSync(out).sort()).toEqual(["linux_amd64", "linux_arm_v7"]);
	expect(readFileSync(join(out, "linux_amd64/made"), "utf8")).toBe("amd64  on linux/amd64\n");
	expect(readFileSync(join(out, "linux_arm_v7/made"), "utf8")).toBe("arm v7 on linux/amd64\n");
	const { index, top } = layoutOf(archive);
	expect(index.manifests).toHaveLength(2);
	expect(top.annotations["io.containerd.image.name"]).toBe("docker.io/library/two:1");
	expect((await buildx.docker(["image", "inspect", "two:1"])).code).not.toBe(0);
	await ok(["load", "-q", "-i", archive]);
	expect(JSON.parse(await ok(["image", "inspect", "two:1"]))[0].Architecture).toBe("amd64");
}, 120_000);

test("hull build pushes under each name that an output has, with the credentials of a login", async () => {
	const names = ["one:1", "two:2"].map((name) => `${registry.domain}/pushed/${name}`);
	const file = join(buildx.folder, "pushed.json");
	const given = [...secret(), "--metadata-file", file];
	await hull("build", ...given, "-o", `type=image,push=true,"name=${names.join(",")}"`, ".");
	const digest = JSON.parse(readFileSync(file, "utf8"))["containerimage.digest"];
	for (const name of names) expect(await ok(["buildx", "imagetools", "inspect", name])).toContain(digest);
	await hull("build", ...secret(), "-t", `${registry.domain}/pushed/three:3`, "-o", "type=registry", ".");
	expect(await ok(["buildx", "imagetools", "inspect", `${registry.domain}/pushed/three:3`])).toContain(
		digest,
	);
}, 120_000);

test("a stage is built for another platform by FROM of an index, and RUN of foreign programs says what is missing", async () => {
	// An image whose programs are no machine's.
	const shell = buildx.context("shell", { Dockerfile: "FROM scratch\nCOPY --chmod=755 sh /bin/\n" });
	const elf = Buffer.alloc(64);
	elf.write("\x7fELF\x02\x01\x01", "latin1");
	elf.writeUInt16LE(2, 16);
	elf.writeUInt16LE(0xfff0, 18);
	await Bun.write(join(shell, "sh"), elf);
	await ok(["buildx", "build", "--platform", "linux/amd64,linux/s390x", "-t", "shell:1", shell]);
	const path = buildx.context("foreign", { Dockerfile: "FROM shell:1\nRUN true\n" });
	const { code, stderr } = await buildx.docker(["buildx", "build", "--platform", "linux/s390x", path]);
	expect(code).toBe(1);
	expect(stderr).toContain("programs for linux/s390x cannot run on linux/amd64");
	expect(stderr).toContain("apt-get install qemu-user-static");
	const list = await ok(["buildx", "inspect"]);
	expect(list).toMatch(/Platforms:.*linux\/amd64.*linux\/386/);
}, 120_000);

test("provenance and a list of software are attested; secrets are not in them", async () => {
	const tree = buildx.context("packages", {
		Dockerfile: `FROM busybox
ARG WORD
COPY status /var/lib/dpkg/status
RUN --mount=type=secret,id=key cat /run/secrets/key > /dev/null
`,
		status: "Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: amd64\n\n",
	});
	const archive = join(buildx.folder, "attested.tar");
	const attest = ["--provenance=mode=max,builder-id=https://ci.test", "--sbom=true"];
	const given = [...secret(), "--build-arg", "WORD=hi", "-t", "attested:1"];
	await ok(["buildx", "build", ...attest, ...given, "-o", `type=oci,dest=${archive}`, tree]);
	const layout = layoutOf(archive);
	const [sbom, provenance] = statementsIn(layout, 0);
	expect(sbom.predicate.packages.map(({ name }: { name: string }) => name)).toContain("bash");
	expect(provenance.subject[0].name).toBe("pkg:docker/attested@1?platform=linux%2Famd64");
	const { builder, invocation, metadata, buildConfig } = provenance.predicate;
	expect(builder.id).toBe("https://ci.test");
	expect(invocation.parameters.args).toEqual({ "build-arg:WORD": "hi" });
	expect(invocation.parameters.secrets).toEqual([{ id: "key", optional: true }]);
	expect(metadata.completeness).toEqual({ parameters: true, environment: true, materials: false });
	const { source } = metadata["https://mobyproject.org/buildkit@v1#metadata"];
	expect(Buffer.from(source.infos[0].data, "base64").toString()).toStartWith("FROM busybox\n");
	expect(buildConfig.steps).toHaveLength(3);
	const blobs = join(layout.folder, "blobs/sha256");
	for (const name of readdirSync(blobs))
		expect(readFileSync(join(blobs, name)).includes("open sesame")).toBe(false);
}, 120_000);

test("with SOURCE_DATE_EPOCH an attested image is the same again", async () => {
	const digests: string[] = [];
	for (const round of [1, 2]) {
		const archive = join(buildx.folder, `dated-${round}.tar`);
		const args = ["--no-cache", "--attest", "type=provenance,mode=max", "--sbom", "true", ...secret()];
		const epoch = ["--build-arg", "SOURCE_DATE_EPOCH=1000000000"];
		const output = ["-t", "dated:1", "-o", `type=oci,dest=${archive}`];
		await hull("build", ...args, ...epoch, "--platform", both, ...output, ".");
		digests.push(layoutOf(archive).top.digest);
	}
	expect(digests[1]).toBe(digests[0]!);
}, 120_000);

test("files that come out have their statements beside them", async () => {
	const out = join(buildx.folder, "stated");
	await hull("build", "--provenance=true", ...secret(), "-o", out, ".");
	expect(readdirSync(out).sort()).toEqual(["common", "made", "provenance.json"]);
	const { subject } = JSON.parse(readFileSync(join(out, "provenance.json"), "utf8"));
	expect(subject.map(({ name }: { name: string }) => name).sort()).toEqual(["common", "made"]);
	const hash = execFileSync("sha256sum", [join(out, "made")], { encoding: "utf8" }).slice(0, 64);
	expect(subject.find(({ name }: { name: string }) => name === "made").digest.sha256).toBe(hash);
}, 60_000);
