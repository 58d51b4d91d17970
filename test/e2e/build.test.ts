/** Images built through Docker's command line, by the classic route. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

const timeoutMs = 60_000;
let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	process.env["DOCKER_BUILDKIT"] = "0";
	hull = await startTestDaemon();
	folder = mkdtempSync(join(tmpdir(), "hull-build-"));
});
afterAll(async () => {
	delete process.env["DOCKER_BUILDKIT"];
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
}, timeoutMs);

let contexts = 0;
function context(files: Readonly<Record<string, string>>): string {
	const path = join(folder, `context-${++contexts}`);
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(dirname(join(path, name)), { recursive: true });
		writeFileSync(join(path, name), content);
	}
	return path;
}

/** A build that is still to go on when this returns. */
function startClient(path: string) {
	const child = spawn("docker", ["--host", `unix://${hull.socket}`, "build", path], { env: process.env });
	const client = { process: child, output: "" };
	child.stdout.on("data", (data) => {
		client.output += data;
	});
	return client;
}

const build = (path: string, ...args: string[]) => hull.ok(["build", ...args, path], { timeoutMs });
const inspect = async (image: string) => JSON.parse(await hull.ok(["image", "inspect", image]))[0];
const run = async (image: string, ...args: string[]) => hull.ok(["run", "--rm", image, ...args]);
const timesCached = (output: string) => output.split("Using cache").length - 1;

describe("an image", () => {
	test("has the files, configuration and history of its steps, and no more", async () => {
		const path = context({
			Dockerfile: `FROM busybox AS make
ARG WHO=world
WORKDIR /made/deep
COPY src ./
RUN echo "hello $WHO" > greeting; cat a
FROM busybox
ENV A=1
COPY --from=make /made/deep/greeting /greeting
RUN true
CMD ["cat", "/greeting"]
`,
			"src/a": "from a\n",
		});
		const output = await build(path, "-t", "first", "--build-arg", "WHO=you", "--label", "x=y");
		expect(output).toContain("from a\n");
		expect(await run("first")).toBe("hello you\n");
		const { Config, RootFS } = await inspect("first");
		expect(Config).toMatchObject({ Cmd: ["cat", "/greeting"], Labels: { x: "y" } });
		expect(Config.Env).toContain("A=1");
		expect(RootFS.Layers).toHaveLength((await inspect("busybox")).RootFS.Layers.length + 1);
		const history = await hull.ok(["history", "--format", "{{.CreatedBy}}", "--no-trunc", "first"]);
		expect(history.split("\n").slice(0, 4)).toEqual([
			'CMD ["cat","/greeting"]',
			"RUN /bin/sh -c true # buildkit",
			"COPY --from=make /made/deep/greeting /greeting # buildkit",
			"ENV A=1",
		]);
	}, 60_000);

	test("is the same again when nothing changed, whatever the times of its files; not when a file did", async () => {
		const path = context({ Dockerfile: "FROM busybox\nCOPY f /f\nRUN cat /f > /g\nENV a=b\n", f: "one" });
		await build(path, "-t", "again");
		const { Id } = await inspect("again");
		utimesSync(join(path, "f"), 1, 1);
		expect(timesCached(await build(path, "-t", "again"))).toBe(2);
		expect((await inspect("again")).Id).toBe(Id);
		writeFileSync(join(path, "f"), "two");
		await build(path, "-t", "again");
		expect(await run("again", "cat", "/g")).toBe("two");
		expect((await inspect("again")).Id).not.toBe(Id);
	}, 60_000);

	test("with SOURCE_DATE_EPOCH has no later time in it, and is the same when it is made anew", async () => {
		const path = context({
			Dockerfile: "FROM busybox\nMAINTAINER me\nRUN date > /dev/null; touch /t\nCOPY f /d/f\n",
			f: "x",
		});
		const args = ["--no-cache", "-t", "dated", "--build-arg", "SOURCE_DATE_EPOCH=1000000000"];
		await build(path, ...args);
		const { Id } = await inspect("dated");
		await build(path, ...args);
		expect((await inspect("dated")).Id).toBe(Id);
		expect((await inspect("dated")).Created).toBe("2001-09-09T01:46:40Z");
	}, 60_000);

	test("with SOURCE_DATE_EPOCH is the same on two data roots", async () => {
		await using other = await startTestDaemon();
		const path = context({ Dockerfile: "FROM busybox\nWORKDIR /w\nRUN touch t\nCOPY f d/f\n", f: "x" });
		const args = ["build", "-q", "--build-arg", "SOURCE_DATE_EPOCH=1000000000", path];
		// The base must be one and the same image.
		const archive = join(folder, "busybox.tar");
		await hull.ok(["save", "-o", archive, "busybox"]);
		await other.ok(["load", "-i", archive]);
		expect(await other.ok(args)).toBe(await hull.ok(args));
	}, 60_000);

	test("has a folder of WORKDIR that is the user's who stands before it", async () => {
		const path = context({ Dockerfile: "FROM busybox\nUSER 1234:99\nWORKDIR /own/deep\nRUN touch mine\n" });
		await build(path, "-t", "own");
		expect(await run("own", "stat", "-c", "%u %g", "/own", ".")).toBe("1234 99\n1234 99\n");
	}, 60_000);

	test("of one layer with --squash", async () => {
		const path = context({ Dockerfile: "FROM busybox\nRUN echo a > /a\nRUN rm /a; echo b > /b\n" });
		const tar = execFileSync("tar", ["-C", path, "-c", "."]);
		const answer = await fetch("http://hull/v1.41/build?t=flat&squash=true", {
			unix: hull.socket,
			method: "POST",
			body: tar,
		});
		expect(await answer.text()).toContain("Successfully tagged flat:latest");
		const { RootFS } = await inspect("flat");
		expect(RootFS.Layers).toHaveLength((await inspect("busybox")).RootFS.Layers.length + 1);
		expect(await run("flat", "sh", "-c", "cat /b; ls /a 2>&1 | grep -c No")).toBe("b\n1\n");
	}, 60_000);
});

describe("RUN", () => {
	test("sees what it mounts, and leaves nothing of it", async () => {
		const path = context({
			Dockerfile: `FROM busybox AS other
RUN echo other > /o
FROM busybox
RUN --mount=type=bind,source=f,target=/in/f cat /in/f
RUN --mount=type=bind,from=other,source=/o,target=/in/o,rw cat /in/o; echo more >> /in/o
RUN --mount=type=tmpfs,target=/deep/t echo x > /deep/t/x
RUN --mount=type=cache,target=/deep/c echo x >> /deep/c/log; wc -l < /deep/c/log
RUN --network=none ip address | grep -c inet
RUN <<END
echo script
END
`,
			f: "file\n",
		});
		const output = await build(path, "-t", "mounts");
		for (const text of ["file\n", "other\n", "\n1\n", "script\n"]) expect(output).toContain(text);
		expect((await inspect("mounts")).RootFS.Layers).toEqual((await inspect("busybox")).RootFS.Layers);
		expect(await build(path, "--no-cache")).toContain("\n2\n");
	}, 60_000);

	test("that fails says how, and leaves nothing", async () => {
		const path = context({ Dockerfile: "FROM busybox\nRUN echo so far; exit 3\n" });
		const { code, stderr, stdout } = await hull.docker(["build", path], { timeoutMs });
		expect(code).toBe(3);
		expect(stdout).toContain("so far\n");
		expect(stderr).toContain("The command '/bin/sh -c echo so far; exit 3' returned a non-zero code: 3");
		expect(readdirSync(join(hull.dataRoot, "builder/runs"))).toEqual([]);
	}, 60_000);

	test("ends with the client that asked for it", async () => {
		const path = context({ Dockerfile: "FROM busybox\nRUN echo under way; sleep 1000\n" });
		const client = startClient(path);
		await eventually(() => expect(client.output).toContain("under way\n"));
		client.process.kill("SIGKILL");
		await eventually(() => {
			expect(readdirSync(join(hull.dataRoot, "builder/runs"))).toEqual([]);
			expect(readdirSync(join(hull.runRoot, "builds"))).toEqual([]);
		});
	}, 60_000);

	test("may not have more than a sandbox unasked", async () => {
		const path = context({
			Dockerfile: "# syntax=docker/dockerfile:1-labs\nFROM busybox\nRUN --security=insecure true\n",
		});
		const { code, stderr } = await hull.docker(["build", path], { timeoutMs });
		expect(code).not.toBe(0);
		expect(stderr).toContain("security.insecure is not allowed");
	}, 60_000);
});

describe("the cache", () => {
	test("goes on after a kill with what was done, and nothing of the killed build is left", async () => {
		const files = { Dockerfile: "FROM busybox\nRUN echo done > /done\nRUN echo under way; sleep 1000\n" };
		const path = context(files);
		const broken = startClient(path);
		await eventually(() => expect(broken.output).toContain("under way\n"));
		await hull.kill();
		await hull.start();
		expect(existsSync(join(hull.dataRoot, "builder/runs"))).toBe(false);
		await hull.assertClean();
		writeFileSync(join(path, "Dockerfile"), files.Dockerfile.replace("sleep 1000", "true"));
		expect(timesCached(await build(path))).toBe(1);
	}, 60_000);

	test("makes good what was damaged, and goes when it is pruned", async () => {
		const path = context({ Dockerfile: "FROM busybox\nRUN echo damaged > /damaged\n" });
		await build(path, "-t", "damaged");
		const layer = (await inspect("damaged")).RootFS.Layers.at(-1) as string;
		writeFileSync(join(hull.dataRoot, "content/blobs/sha256", layer.slice("sha256:".length)), "wrong");
		await hull.ok(["rmi", "damaged"]);
		expect(timesCached(await build(path, "-t", "damaged"))).toBe(0);
		expect(await run("damaged", "cat", "/damaged")).toBe("damaged\n");
		await hull.api("POST", "/v1.41/build/prune?all=true");
		expect((await hull.api("GET", "/v1.41/system/df")).json.BuildCache ?? []).toEqual([]);
		expect(await run("damaged", "cat", "/damaged")).toBe("damaged\n");
	}, 60_000);
});
