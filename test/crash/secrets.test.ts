/** Secrets in memory, with the engine killed around a container's start and end. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasEnded, startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

let hull: TestDaemon;
let folder: string;
beforeAll(async () => {
	hull = await startTestDaemon();
	folder = mkdtempSync(join(tmpdir(), "hull-secrets-"));
	writeFileSync(join(folder, "value"), "value");
	await own("secret", "create", "password", join(folder, "value"));
});
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
	rmSync(folder, { recursive: true });
});

const own = (...args: string[]) => hullCli(hull.socket, args);
const inMemory = () => join(hull.runRoot, "secrets");
const create = (name: string, ...command: string[]) =>
	own(
		"create",
		"--name",
		name,
		"--secret",
		"password",
		"--secret",
		"password,env=PASSWORD",
		"busybox",
		...command,
	);

const points = ["after-preparations", "after-task", "after-start", "after-persist"];
test.each(points)("killed at the start, %s: there for a container that runs, else gone", async (point) => {
	await create("started", "sleep", "1000");
	await hull.stop();
	await hull.start({ failpoint: `containers.start.${point}` });
	await hull.docker(["start", "started"]);
	await hull.ended();
	await hull.start();
	const { json } = await hull.api("GET", "/containers/started/json");
	const runs = point === "after-start" || point === "after-persist";
	expect(json.State.Running).toBe(runs);
	expect(existsSync(inMemory()) ? readdirSync(inMemory()) : []).toEqual(runs ? [json.Id] : []);
	await hull.ok(["start", "started"]);
	expect(await hull.ok(["exec", "started", "cat", "/run/secrets/password"])).toBe("value");
	expect(await hull.ok(["diff", "started"])).not.toContain("password");
	await hull.ok(["rm", "-f", "started"]);
	await eventually(() => expect(existsSync(inMemory())).toBe(false));
	await hull.assertClean();
});

test("a container that ended while no engine was there leaves nothing", async () => {
	await create("brief", "sleep", "2");
	await hull.ok(["start", "brief"]);
	const { json } = await hull.api("GET", "/containers/brief/json");
	await hull.kill();
	await eventually(() => expect(hasEnded(hull, json.Id)).toBe(true));
	await hull.start();
	expect(existsSync(inMemory())).toBe(false);
	await hull.ok(["rm", "brief"]);
	await hull.assertClean();
});
