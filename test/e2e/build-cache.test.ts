/** A build's cache goes from one engine to another: registries, folders, images; what is damaged on the way is no harm. */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Buildx, withBuildx } from "../support/buildx.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { hullCli } from "../support/hull-cli.ts";
import { type RealRegistry, startRegistry } from "../support/registry.ts";

const timeoutMs = 120_000;
let here: TestDaemon;
let there: TestDaemon;
let registry: RealRegistry;
let buildxHere: Buildx;
let buildxThere: Buildx;
let context: string;

/** Two stages: what is copied out of the first is small, and the second has steps of its own. */
const dockerfile = `FROM busybox AS make
COPY a /in/
RUN date +%N > /stamp; cat /in/a > /made
FROM busybox
RUN date +%N > /first
COPY --from=make /made /made
COPY b /b
RUN cat /made /b > /both; date +%N > /last
CMD ["cat", "/both"]
`;

beforeAll(async () => {
	[here, there, registry] = await Promise.all([startTestDaemon(), startTestDaemon(), startRegistry()]);
	buildxHere = withBuildx(here.socket);
	buildxThere = withBuildx(there.socket);
	context = buildxHere.context("app", { Dockerfile: dockerfile, a: "A\n", b: "B\n" });
}, timeoutMs);

afterAll(async () => {
	buildxHere[Symbol.dispose]();
	buildxThere[Symbol.dispose]();
	await Promise.all([here.assertClean(), there.assertClean()]);
	await Promise.all([here, there, registry].map((one) => one[Symbol.asyncDispose]()));
}, timeoutMs);

/** The other engine knows nothing of any build. */
beforeEach(async () => {
	writeFileSync(join(context, "b"), "B\n");
	const images = (await there.ok(["image", "ls", "-q", "--filter", "label=built"]))
		.split("\n")
		.filter(Boolean);
	if (images.length > 0) await there.ok(["image", "rm", "-f", ...new Set(images)]);
	await there.api("POST", "/build/prune?all=1");
});

async function hull(engine: TestDaemon, ...args: string[]): Promise<string> {
	const command = ["build", "--progress=plain", "--label=built", ...args, context];
	const { code, stdout, stderr } = await hullCli(engine.socket, command, { timeoutMs });
	expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
	return stdout + stderr;
}

async function buildx(client: Buildx, ...args: string[]): Promise<string> {
	const { code, stdout, stderr } = await client.docker(
		["buildx", "build", "--progress=plain", "--label=built", ...args, context],
		{ timeoutMs },
	);
	expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
	return stdout + stderr;
}

/** The base counts too. */
const all = 7;
const cached = (output: string) => output.match(/CACHED/g)?.length ?? 0;
const idOf = async (engine: TestDaemon, name: string) =>
	(await engine.ok(["image", "inspect", "-f", "{{.Id}}", name])).trim();
const stepsOf = async (engine: TestDaemon) =>
	(await engine.api("GET", "/system/df?type=build-cache")).json.BuildCache ?? [];

test(
	"by a registry every step is cached elsewhere and the image is the same; a changed file does the steps behind it",
	async () => {
		const ref = `${registry.domain}/cache:app`;
		await hull(here, "-t", "app:1", "--cache-to", `type=registry,ref=${ref},mode=max`);
		const output = await hull(there, "-t", "app:1", "--cache-from", ref);
		expect(output).not.toContain("WARNING");
		expect(cached(output)).toBe(all);
		expect(await idOf(there, "app:1")).toBe(await idOf(here, "app:1"));
		expect(await there.ok(["run", "--rm", "app:1"])).toBe("A\nB\n");
		writeFileSync(join(context, "b"), "changed\n");
		expect(cached(await hull(there, "-t", "app:2", "--cache-from", ref))).toBe(all - 2);
		expect(await there.ok(["run", "--rm", "app:2"])).toBe("A\nchanged\n");
		// BuildKit's own form, an image manifest around it.
		const answer = await fetch(`http://${registry.domain}/v2/cache/manifests/app`, {
			headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
		});
		const manifest = (await answer.json()) as { config: { mediaType: string }; layers: unknown[] };
		expect(manifest.config.mediaType).toBe("application/vnd.buildkit.cacheconfig.v0");
		expect(manifest.layers).toHaveLength(6);
	},
	timeoutMs,
);

test(
	"by a folder, with buildx and with hull, either reads what the other wrote",
	async () => {
		const [one, other] = [join(buildxHere.folder, "one"), join(buildxHere.folder, "other")];
		await buildx(buildxHere, "-t", "app:1", "--cache-to", `type=local,dest=${one},mode=max`);
		await hull(here, "-t", "app:1", "--cache-to", `type=local,dest=${other},mode=max,compression=zstd`);
		const id = await idOf(here, "app:1");
		const output = await hull(there, "-t", "app:1", "--cache-from", `type=local,src=${one}`);
		expect([cached(output), await idOf(there, "app:1")]).toEqual([all, id]);
		await there.ok(["image", "rm", "-f", "app:1"]);
		await there.api("POST", "/build/prune?all=1");
		expect(await stepsOf(there)).toEqual([]);
		await buildx(buildxThere, "-t", "app:1", "--cache-from", `type=local,src=${other}`);
		expect(await idOf(there, "app:1")).toBe(id);
		// A second export writes what is new, and the first cache is replaced under its name.
		writeFileSync(join(context, "b"), "more\n");
		await hull(here, "-t", "app:3", "--cache-to", `type=local,dest=${one},mode=max`);
		const { manifests } = JSON.parse(readFileSync(join(one, "index.json"), "utf8"));
		expect(manifests).toHaveLength(1);
	},
	timeoutMs,
);

test(
	"inside of an image, with the layers of the result alone, stages that nobody reads are not done again",
	async () => {
		const ref = `${registry.domain}/app:inline`;
		await buildx(buildxHere, "-t", ref, "--cache-to", "type=inline", "--push");
		const output = await hull(there, "-t", ref, "--cache-to", "inline", "--cache-from", ref);
		expect([cached(output), await idOf(there, ref)]).toEqual([all, await idOf(here, ref)]);
		// What the first stage came to was only known by its digest.
		writeFileSync(join(context, "b"), "new\n");
		expect(cached(await hull(there, "-t", "app:2", "--cache-from", ref))).toBe(all - 2);
		expect(await there.ok(["run", "--rm", "app:2"])).toBe("A\nnew\n");
		const descriptions = (await stepsOf(there)).map(
			({ Description }: { Description: string }) => Description,
		);
		expect(descriptions.some((text: string) => text.includes("/stamp"))).toBe(false);
	},
	timeoutMs,
);

test(
	"the classic builder takes RUNs of an image that was pulled for its own",
	async () => {
		const path = buildxHere.context("classic", {
			Dockerfile: "FROM busybox\nENV A=1\nRUN date +%N > /stamp\n",
		});
		const build = (engine: TestDaemon, ...args: string[]) =>
			engine.ok(["build", "--label=built", ...args, path], { env: { DOCKER_BUILDKIT: "0" }, timeoutMs });
		const name = `${registry.domain}/classic:1`;
		await build(here, "-t", name);
		await here.ok(["push", name]);
		await there.ok(["pull", name]);
		const output = await build(there, "-t", "classic:2", "--cache-from", name);
		expect(output).toContain("Using cache");
		const layers = (engine: TestDaemon, image: string) =>
			engine.ok(["image", "inspect", "-f", "{{.RootFS.Layers}}", image]);
		expect(await layers(there, "classic:2")).toBe(await layers(here, name));
		await there.ok(["image", "rm", "-f", name]);
	},
	timeoutMs,
);

test(
	"what is damaged, missing or of another builder is told of and not used",
	async () => {
		const folder = join(buildxHere.folder, "damaged");
		const from = `type=local,src=${folder}`;
		expect(await hull(there, "-t", "app:1", "--cache-from", from)).toContain(
			"there is no cache of this engine",
		);
		await there.api("POST", "/build/prune?all=1");
		await hull(here, "-t", "app:1", "--cache-to", `type=local,dest=${folder},mode=max`);
		const blobs = join(folder, "blobs/sha256");
		for (const name of readdirSync(blobs)) {
			const bytes = readFileSync(join(blobs, name));
			// Layers are gzip; the manifest and what it says stay as they are.
			if (bytes[0] !== 0x1f) continue;
			bytes[bytes.length >> 1]! ^= 0xff;
			writeFileSync(join(blobs, name), bytes);
		}
		const output = await hull(there, "-t", "app:1", "--cache-from", from);
		expect(output).toContain("a cached layer is not used, its step is done anew");
		expect(await there.ok(["run", "--rm", "app:1"])).toBe("A\nB\n");
		rmSync(join(blobs), { recursive: true });
		expect(await hull(there, "-t", "app:1", "--cache-from", from)).toContain("is not used");
		for (const type of ["gha", "s3", "azblob"]) {
			const refused = await hullCli(here.socket, ["build", "--cache-to", `type=${type},name=x`, context]);
			expect(refused.stderr).toContain(`cache-to of type "${type}" is not supported`);
		}
	},
	timeoutMs,
);

test(
	"Compose's cache_to and cache_from are followed",
	async () => {
		const ref = `${registry.domain}/composed:cache`;
		const compose = (client: Buildx) => {
			const build = `{context: ${context}, labels: [built], cache_from: ["type=registry,ref=${ref}"], cache_to: ["type=registry,ref=${ref},mode=max"]}`;
			const path = client.context("composed", {
				"compose.yaml": `services: {one: {build: ${build}, image: 'composed:1'}}\n`,
			});
			return client.docker(["compose", "--project-directory", path, "build"], { timeoutMs });
		};
		expect((await compose(buildxHere)).code).toBe(0);
		const { code, stderr } = await compose(buildxThere);
		expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
		expect(await idOf(there, "composed:1")).toBe(await idOf(here, "composed:1"));
	},
	timeoutMs,
);

test(
	"a cache mount goes along with a cache, or by itself as an archive",
	async () => {
		const path = buildxHere.context("mounts", {
			Dockerfile:
				"FROM busybox\nARG RUN\nRUN --mount=type=cache,target=/kept cat /kept/word; echo $RUN >> /kept/word; cp /kept/word /\n",
		});
		const folder = join(buildxHere.folder, "mounts-cache");
		const build = async (engine: TestDaemon, name: string, ...args: string[]) => {
			const command = ["build", "--label=built", "--build-arg", `RUN=${name}`, "-t", "m:1", ...args, path];
			const { code, stderr } = await hullCli(engine.socket, command, { timeoutMs });
			expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
			return await engine.ok(["run", "--rm", "m:1", "cat", "/word"]);
		};
		const cache = (engine: TestDaemon, ...args: string[]) =>
			hullCli(engine.socket, ["builder", "cache", ...args]);
		expect(await build(here, "one", "--cache-to", `type=local,dest=${folder},mounts=true`)).toBe("one\n");
		expect(await build(there, "two", "--cache-from", `type=local,src=${folder}`)).toBe("one\ntwo\n");
		const tar = join(buildxHere.folder, "kept.tar");
		expect((await cache(there, "export", "-o", tar, "/kept")).code).toBe(0);
		expect((await cache(here, "import", "/kept", tar)).stdout).toBe("/kept\n");
		expect(await build(here, "three")).toBe("one\ntwo\nthree\n");
		writeFileSync(tar, readFileSync(tar).subarray(0, 700));
		expect((await cache(here, "import", "/kept", tar)).code).not.toBe(0);
		expect((await cache(here, "ls", "-q")).stdout).toBe("/kept\n");
		expect(await build(here, "four")).toBe("one\ntwo\nthree\nfour\n");
		expect((await cache(here, "rm", "/kept")).stdout).toBe("/kept\n");
		expect((await cache(here, "export", "/kept")).stderr).toContain("no such cache mount: /kept");
	},
	timeoutMs,
);
