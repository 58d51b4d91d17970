/** buildx against the room `buildkit`: what reaches the builder, and what becomes of what it says. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { linkSync, lstatSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildContext, BuildEvents } from "../../../src/builder/index.ts";
import { EngineError, tarEntry, writeTar } from "../../../src/lib/index.ts";
import { type Buildx, withBuildx } from "../../support/buildx.ts";
import { eventually } from "../../support/eventually.ts";
import { digest, type ScriptedEngine, startScriptedEngine } from "./scripted-engine.ts";

let engine: ScriptedEngine;
let buildx: Buildx;

beforeAll(async () => {
	engine = await startScriptedEngine();
	buildx = withBuildx(engine.socket);
});

afterAll(async () => {
	buildx[Symbol.dispose]();
	await engine[Symbol.asyncDispose]();
});

const build = (args: readonly string[], input?: string) =>
	buildx.docker(["buildx", "build", "--progress=plain", ...args], input === undefined ? {} : { input });
const filesOf = async (context: BuildContext, pattern: string) => {
	const [match] = await context.find([pattern], { excludes: [], deep: false });
	return match!.entries.map(({ path, kind, target }) => [path, kind, target].join(" ").trim());
};

test("a context has what .dockerignore leaves, links and names of any kind, and content where it is asked for", async () => {
	const path = buildx.context("kinds", {
		Dockerfile: "FROM busybox\n",
		".dockerignore": "# left out\nsecret\n**/*.log\n!keep.log\n",
		secret: "s",
		"keep.log": "k",
		"sub/a.log": "l",
		"sub/ü": "hello",
		"sub/empty": "",
	});
	symlinkSync("sub/ü", join(path, "link"));
	linkSync(join(path, "sub/ü"), join(path, "sub/z"));
	let found: string[] = [];
	let same = false;
	let text: string | undefined;
	engine.script(async ({ context }) => {
		found = await filesOf(context, ".");
		const [match] = await context.find(["sub"], { excludes: [], deep: false });
		const digests = match!.entries.filter(({ sizeBytes }) => sizeBytes === 5).map((entry) => entry.digest);
		same = digests.length === 2 && digests[0] === digests[1] && digests[0] !== "";
		text = await context.readText("link");
	});
	expect((await build([path])).code).toBe(0);
	const name = Buffer.from("ü").toString("latin1");
	expect(found).toEqual([
		"folder",
		".dockerignore file",
		"Dockerfile file",
		"keep.log file",
		`link link sub/${name}`,
		"sub folder",
		"sub/empty file",
		"sub/z file",
		`sub/${name} file`,
	]);
	expect(same).toBe(true);
	expect(text).toBe("hello");
});

test("only what is named is sent, and what has not changed is not sent again", async () => {
	const path = buildx.context("twice", {
		Dockerfile: "FROM busybox\n",
		"src/one": "1".repeat(5000),
		"src/two": "2".repeat(3000),
		"other/big": "b".repeat(100_000),
	});
	engine.script(async ({ context }) => void (await context.find(["src"], { excludes: [], deep: false })));
	const sent = async () => {
		const { stderr } = await build([path]);
		return [...stderr.matchAll(/transferring context: (\S+) \/ .* done/g)].map(([, size]) => size).at(-1);
	};
	expect(await sent()).toBe("8.00kB");
	expect(await sent()).toBeUndefined();
	writeFileSync(join(path, "src/two"), "3".repeat(4000));
	expect(await sent()).toBe("4.00kB");
});

test("options and secrets reach the builder; a secret that the client has not is none", async () => {
	const path = buildx.context("options", { Dockerfile: "FROM busybox\n", key: "top" });
	let seen: Record<string, unknown> = {};
	let secrets: (string | undefined)[] = [];
	engine.script(async (request) => {
		const { target, buildArgs, labels, network, extraHosts, exports } = request;
		seen = { target, buildArgs: Object.fromEntries(buildArgs), labels, network, extraHosts, exports };
		const read = async (id: string) => {
			const value = await request.secrets.get(id)?.read();
			return value === undefined ? undefined : Buffer.from(value).toString();
		};
		secrets = [await read("key"), await read("nothing")];
	});
	const secret = `id=key,src=${join(path, "key")}`;
	const flags = ["--target", "app", "--build-arg", "A=1", "--label", "l=2", "--network", "none"];
	const { code, stderr } = await build([
		...flags,
		"--add-host",
		"h:10.0.0.1",
		"--secret",
		secret,
		"-t",
		"a:1",
		path,
	]);
	expect([code, stderr.match(/ERROR.*/)?.[0]]).toEqual([0, undefined]);
	expect(seen).toEqual({
		target: "app",
		buildArgs: { A: "1" },
		labels: { l: "2" },
		network: "none",
		extraHosts: ["h:10.0.0.1"],
		exports: [{ type: "image", names: ["a:1"], push: false }],
	});
	expect(secrets).toEqual(["top", undefined]);
});

test("steps, output and warnings are shown, and an error with its lines", async () => {
	const path = buildx.context("fails", { Dockerfile: "FROM busybox\nRUN false\n" });
	engine.script(async (_, tell) => {
		runStep(tell);
		tell({ kind: "warning", rule: "SomeRule", message: "look out", url: "", line: 1 });
		const message = "The command '/bin/sh -c false' returned a non-zero code: 1";
		tell({ kind: "failed", vertex: digest("c"), message, at: Date.now() });
		throw new EngineError("runtime_failed", message);
	});
	const { code, stderr } = await build([path]);
	expect(code).toBe(1);
	expect(stderr).toContain("[2/2] RUN false");
	expect(stderr).toContain("said this");
	expect(stderr).toContain("SomeRule: look out (line 1)");
	expect(stderr).toMatch(/Dockerfile:2\n-+\n +1 \| +FROM busybox\n +2 \| >>> RUN false\n/);
	expect(stderr).toContain(
		"ERROR: failed to solve: The command '/bin/sh -c false' returned a non-zero code: 1",
	);
});

function runStep(tell: BuildEvents): void {
	const at = Date.now();
	tell({ kind: "vertex", vertex: { digest: digest("c"), name: "[2/2] RUN false", inputs: [], line: 2 } });
	tell({ kind: "started", vertex: digest("c"), at });
	tell({ kind: "log", vertex: digest("c"), stream: "stdout", data: Buffer.from("said this\n"), at });
}

test("results come as a folder and as archives", async () => {
	const path = buildx.context("results", { Dockerfile: "FROM busybox\n" });
	async function* items() {
		yield { entry: tarEntry({ name: "z", size: 3_000_000 }), content: [Buffer.alloc(3_000_000, 65)] };
		yield { entry: tarEntry({ name: "etc/", type: "directory", mode: 0o750 }) };
		yield { entry: tarEntry({ name: "etc/l", type: "symlink", linkName: "x" }) };
		yield { entry: tarEntry({ name: "etc/x", size: 5, mode: 0o755 }), content: [Buffer.from("hello")] };
	}
	engine.script(async ({ exports }) => {
		for (const one of exports) if (one.type !== "image") await one.sink.write(writeTar(items()));
	});
	const out = join(buildx.folder, "out");
	const local = await build(["-o", out, path]);
	expect([local.code, local.stderr.match(/ERROR.*/)?.[0]]).toEqual([0, undefined]);
	expect(readFileSync(join(out, "etc/x"), "utf8")).toBe("hello");
	expect(lstatSync(join(out, "etc/x")).mode & 0o777).toBe(0o755);
	expect(readlinkSync(join(out, "etc/l"))).toBe("x");
	expect(lstatSync(join(out, "z")).size).toBe(3_000_000);
	for (const type of ["tar", "oci"]) {
		const file = join(buildx.folder, `${type}.tar`);
		expect((await build(["-o", `type=${type},dest=${file}`, path])).code).toBe(0);
		expect(readFileSync(file).subarray(0, 2).toString("latin1")).toBe("z\0");
	}
});

test("a client that goes away ends its build", async () => {
	const path = buildx.context("leaves", { Dockerfile: "FROM busybox\n" });
	let state = "";
	engine.script(async (_, __, signal) => {
		state = "running";
		const gone = Promise.withResolvers<void>();
		signal.addEventListener("abort", () => gone.resolve());
		await gone.promise;
		state = "ended";
		throw signal.reason;
	});
	const env = {
		...process.env,
		DOCKER_HOST: `unix://${engine.socket}`,
		DOCKER_CONFIG: join(buildx.folder, "config"),
	};
	const child = spawn("docker", ["buildx", "build", path], { env, stdio: "ignore" });
	await eventually(async () => expect(state).toBe("running"));
	child.kill("SIGKILL");
	await eventually(async () => expect(state).toBe("ended"));
});

test("what is not supported is refused by name", async () => {
	const path = buildx.context("refused", { Dockerfile: "FROM busybox\n" });
	engine.script(async () => undefined);
	const refusals = [
		[["--cache-to", "type=azblob,name=x"], 'cache-to of type "azblob" is not supported'],
		[["-o", "type=image,compression=zstd"], "compression=zstd is not supported"],
		[["-f", "nowhere"], "open nowhere: no such file or directory"],
	] as const;
	for (const [flags, text] of refusals) expect((await build([...flags, path])).stderr).toContain(text);
});

test("Compose and bake build several at once", async () => {
	const path = buildx.context("several", {
		Dockerfile: "FROM busybox\n",
		"compose.yaml": "services:\n  one: {build: ., image: 'one:1'}\n  two: {build: {context: ., target: t}}\n",
		"bake.hcl": 'group "default" { targets = ["a", "b"] }\ntarget "a" { target = "x" }\ntarget "b" {}\n',
	});
	const targets: string[] = [];
	engine.script(async ({ target }) => void targets.push(target));
	const composed = await buildx.docker(["compose", "--project-directory", path, "build"]);
	expect([composed.code, composed.code === 0 ? "" : composed.stderr]).toEqual([0, ""]);
	expect(targets.splice(0).sort()).toEqual(["", "t"]);
	const file = join(path, "bake.hcl");
	const baked = await buildx.docker(["buildx", "bake", "-f", file, "--set", `*.context=${path}`]);
	expect([baked.code, baked.code === 0 ? "" : baked.stderr]).toEqual([0, ""]);
	expect(targets.sort()).toEqual(["", "x"]);
});
