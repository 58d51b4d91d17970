/** Unmodified buildx and Compose (Debian 13's) build over `POST /grpc` and `POST /session`. */
import { afterAll, beforeAll, expect, test } from "bun:test";
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
