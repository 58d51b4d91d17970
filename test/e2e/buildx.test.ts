/** Unmodified buildx and Compose (Debian 13's) build over `POST /grpc` and `POST /session`. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Buildx, withBuildx } from "../support/buildx.ts";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

let daemon: TestDaemon;
let buildx: Buildx;

beforeAll(async () => {
	daemon = await startTestDaemon();
	buildx = withBuildx(daemon.socket);
});

afterAll(async () => {
	buildx[Symbol.dispose]();
	await daemon[Symbol.asyncDispose]();
});

test("buildx ls and inspect show the engine as a builder", async () => {
	const list = await buildx.docker(["buildx", "ls"]);
	expect(list.stderr).toBe("");
	expect(list.stdout).toMatch(/default\s+running\s+v0\.13\.1\s+linux\//);
	const shown = await buildx.docker(["buildx", "inspect"]);
	expect(shown.stdout).toContain("org.mobyproject.buildkit.worker.executor");
});

test("a connection that asks for no upgrade is told so", async () => {
	const { status, json } = await daemon.api("POST", "/grpc");
	expect(status).toBe(400);
	expect(json.message).toContain("no upgrade proto in request");
});

test("an image is built, runs, and is built again from the cache", async () => {
	const path = buildx.context("app", {
		Dockerfile:
			"FROM busybox AS base\nARG WORD=none\nWORKDIR /app\nCOPY src .\nRUN echo $WORD > word\n" +
			'FROM base\nRUN --mount=type=secret,id=key cp /run/secrets/key /length && wc -c < /length > /size && rm /length\nCMD ["sh", "-c", "cat word file link; cat /size"]\n',
		"src/file": "content\n",
		key: "12345",
	});
	symlinkSync("file", join(path, "src/link"));
	const ids = join(buildx.folder, "id");
	const secret = `id=key,src=${join(path, "key")}`;
	const args = [
		"--progress=plain",
		"--build-arg",
		"WORD=hi",
		"--secret",
		secret,
		"--iidfile",
		ids,
		"-t",
		"app:1",
		path,
	];
	const first = await buildx.docker(["buildx", "build", ...args]);
	expect([first.code, first.code === 0 ? "" : first.stderr]).toEqual([0, ""]);
	const id = readFileSync(ids, "utf8");
	expect((await buildx.docker(["image", "inspect", "-f", "{{.Id}}", "app:1"])).stdout.trim()).toBe(id);
	expect(await daemon.ok(["run", "--rm", "app:1"])).toBe("hi\ncontent\ncontent\n5\n");
	// `docker build` takes the same way.
	const second = await buildx.docker(["build", ...args]);
	expect(second.stderr.match(/CACHED/g)?.length).toBe(5);
	expect(readFileSync(ids, "utf8")).toBe(id);
	const usage = await buildx.docker(["buildx", "du"]);
	expect(usage.stdout).toContain("Reclaimable:");
});

test("a command that fails is shown with its output and its line", async () => {
	const path = buildx.context("fails", { Dockerfile: "FROM busybox\nRUN echo before; exit 7\n" });
	const { code, stderr } = await buildx.docker(["buildx", "build", "--progress=plain", path]);
	expect(code).toBe(1);
	expect(stderr).toContain("before");
	expect(stderr).toMatch(/Dockerfile:2\n-+\n +1 \| +FROM busybox\n +2 \| >>> RUN echo before; exit 7\n/);
	expect(stderr).toContain("returned a non-zero code: 7");
	const wrong = buildx.context("wrong", { Dockerfile: "FROM busybox\nRUNN x\n" });
	expect((await buildx.docker(["buildx", "build", wrong])).stderr).toContain("unknown instruction: RUNN");
});

test("a stage's files come out as a folder, an image as an archive that can be loaded", async () => {
	const path = buildx.context("out", { Dockerfile: "FROM scratch\nCOPY a /dir/\n", a: "A" });
	const out = join(buildx.folder, "files");
	expect((await buildx.docker(["buildx", "build", "-o", out, path])).code).toBe(0);
	expect(readFileSync(join(out, "dir/a"), "utf8")).toBe("A");
	const archive = join(buildx.folder, "image.tar");
	const output = `type=docker,dest=${archive}`;
	expect((await buildx.docker(["buildx", "build", "-t", "out:1", "-o", output, path])).code).toBe(0);
	expect((await buildx.docker(["load", "-i", archive])).stdout).toContain("out:1");
});

test("an archive on stdin is a context", async () => {
	const path = buildx.context("archive", { Dockerfile: "FROM scratch\nCOPY a /\n", a: "A" });
	const tar = execFileSync("tar", ["-C", path, "-c", "."]);
	const { code, stderr } = await buildx.docker(["buildx", "build", "-t", "stdin:1", "-"], { input: tar });
	expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
});

test("Compose builds what its services need", async () => {
	const path = buildx.context("composed", {
		Dockerfile: 'FROM busybox\nARG SAY\nENV SAY=$SAY\nCMD ["sh", "-c", "echo $SAY"]\n',
		"compose.yaml":
			"services:\n  one: {build: {context: ., args: {SAY: first}}, image: 'composed:1'}\n  two: {build: {context: ., args: {SAY: second}}, image: 'composed:2'}\n",
	});
	const { code, stderr } = await buildx.docker(["compose", "--project-directory", path, "build"]);
	expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
	expect(await daemon.ok(["run", "--rm", "composed:1"])).toBe("first\n");
	expect(await daemon.ok(["run", "--rm", "composed:2"])).toBe("second\n");
});

test("Compose builds services that share a stage, which is done once, and take folders and images as contexts", async () => {
	const path = buildx.context("shared", {
		Dockerfile:
			"FROM busybox AS base\nRUN --mount=type=cache,target=/c echo x >> /c/log; cp /c/log /log\nFROM base AS one\nRUN echo one > /which\nFROM x AS two\nCOPY --from=base /log /\nCOPY --from=files which /\n",
		"files/which": "two\n",
		"compose.yaml": `services:
  one: {build: {context: ., target: one}, image: 'shared:one'}
  two:
    build: {context: ., target: two, additional_contexts: {x: docker-image://busybox, files: ./files}}
    image: 'shared:two'
`,
	});
	const { code, stderr } = await buildx.docker(["compose", "--project-directory", path, "build"]);
	expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
	for (const which of ["one", "two"])
		expect(await daemon.ok(["run", "--rm", `shared:${which}`, "cat", "/log", "/which"])).toBe(
			`x\n${which}\n`,
		);
});

test("bake builds targets that stand on one another, a matrix, a group, and what a target gives out inline", async () => {
	const path = buildx.context("baked", {
		"base/Dockerfile": "FROM busybox\nENV FROM_BASE=yes\nWORKDIR /base\nRUN echo base > file\n",
		"app/Dockerfile":
			"FROM base\nARG WORD\nCOPY --from=tools /tool .\nRUN --mount=from=tools,target=/tools cat /tools/tool file > both; echo $WORD $FROM_BASE >> both\n",
		"docker-bake.hcl": `
group "default" { targets = ["app", "out"] }
target "base" { context = "base" }
target "tools" {
	dockerfile-inline = "FROM scratch\\nCOPY tool /\\n"
	context = "tools"
}
target "app" {
	name = "app-\${word}"
	matrix = { word = ["one", "two"] }
	context = "app"
	contexts = { base = "target:base", tools = "target:tools" }
	args = { WORD = word }
	tags = ["baked:\${word}"]
}
target "out" {
	dockerfile-inline = "FROM base\\n"
	contexts = { base = "target:base" }
	output = ["type=local,dest=${buildx.folder}/baked-out"]
}
`,
		"tools/tool": "tool\n",
	});
	const args = ["buildx", "bake", "--progress=plain"];
	const { code, stderr } = await buildx.docker(args, { cwd: path });
	expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
	for (const word of ["one", "two"]) {
		const seen = ["run", "--rm", `baked:${word}`, "sh", "-c", "pwd; cat both"];
		expect(await daemon.ok(seen)).toBe(`/base\ntool\nbase\n${word} yes\n`);
	}
	expect(readFileSync(join(buildx.folder, "baked-out/base/file"), "utf8")).toBe("base\n");
	// What is not exported is still known by the cache, and gives the same images.
	const ids = () => daemon.ok(["images", "-q", "--no-trunc", "baked"]);
	const before = await ids();
	const again = await buildx.docker(args, { cwd: path });
	expect(again.stderr).not.toMatch(/^#\d+ DONE [1-9]/m);
	expect(await ids()).toBe(before);
});

test("what goes beyond a sandbox is done where it is allowed, and refused otherwise", async () => {
	const path = buildx.context("insecure", {
		Dockerfile: "FROM busybox\nRUN --security=insecure mount -t tmpfs none /tmp && echo mounted\n",
	});
	const args = ["buildx", "build", "--progress=plain", path];
	expect((await buildx.docker(args)).stderr).toContain("security.insecure is not allowed");
	const allowed = await buildx.docker([...args, "--allow", "security.insecure"]);
	expect([allowed.code, allowed.code === 0 ? "" : allowed.stderr]).toEqual([0, ""]);
	expect(allowed.stderr).toContain("mounted");
});

test("prune empties the cache", async () => {
	expect((await buildx.docker(["buildx", "prune", "-af"])).code).toBe(0);
	expect((await buildx.docker(["buildx", "du"])).stdout).toMatch(/Total:\s+0B/);
});
