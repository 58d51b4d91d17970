import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/leftovers.ts";
import { Stack } from "../support/stack.ts";

/** A web application, a cache and a database, brought up by the docker-compose that Debian has. */
let hull: TestDaemon;
let stack: Stack;
beforeAll(async () => {
	hull = await startTestDaemon();
	stack = new Stack(hull, "stack");
	await stack.importImages();
}, 300_000);
afterAll(async () => hull[Symbol.asyncDispose]());

const running = async () => (await hull.ok(["ps", "--format", "{{.Names}}"])).trim().split("\n").sort();
const allHealthy = async () =>
	expect((await hull.ok(["ps", "-q", "--filter", "health=healthy"])).trim().split("\n").length).toBe(3);

describe("a stack", () => {
	test("comes up in the order of its dependencies, and its parts find each other by name", async () => {
		stack.ok("up", "-d");
		expect(await running()).toEqual(["stack_cache_1", "stack_database_1", "stack_web_1"]);
		const first = await eventually(() => stack.visit());
		expect(first).toMatchObject({ hits: 1, rows: 1 });
		const names = await hull.ok([
			"exec",
			"stack_web_1",
			"getent",
			"hosts",
			"cache",
			"redis",
			"stack_cache_1",
		]);
		const addresses = names
			.trim()
			.split("\n")
			.map((line) => line.split(/\s+/)[0]);
		expect(addresses).toHaveLength(3);
		expect(new Set(addresses).size).toBe(1);
	}, 180_000);

	test("what is on an internal network has no way out, and none in", async () => {
		const route = await hull.ok(["exec", "stack_database_1", "cat", "/proc/net/route"]);
		expect(route.split("\n").some((line) => line.split("\t")[1] === "00000000")).toBe(false);
	});

	test("is scaled, and a service's name leads to all of its containers", async () => {
		stack.ok("up", "-d", "--scale", "web=3");
		const visit = async (index: number) => (await eventually(() => stack.visit(index))).host;
		expect(new Set([await visit(1), await visit(2), await visit(3)]).size).toBe(3);
		const found = await hull.ok(["exec", "stack_cache_1", "getent", "ahostsv4", "web"]);
		expect(
			new Set(
				found
					.trim()
					.split("\n")
					.map((line) => line.split(/\s+/)[0]),
			).size,
		).toBe(3);
		stack.ok("up", "-d", "--scale", "web=1");
	}, 180_000);

	test("goes on while its engine is killed and started again", async () => {
		const before = await stack.visit();
		const address = stack.address();
		await hull.kill();
		const meanwhile = (await (await fetch(address)).json()) as { hits: number; rows: number };
		expect(meanwhile).toMatchObject({ hits: before.hits + 1, rows: before.rows + 1 });
		await hull.start();
		expect(await running()).toEqual(["stack_cache_1", "stack_database_1", "stack_web_1"]);
		expect(await stack.visit()).toMatchObject({ hits: before.hits + 2, rows: before.rows + 2 });
	}, 60_000);

	test("comes back with its data when every process was killed, as when the machine went down", async () => {
		const before = await stack.visit();
		await hull.kill();
		for (const pid of processesNaming(hull.runRoot)) kill(pid);
		await eventually(async () => expect(processesNaming(hull.runRoot)).toEqual([]));
		await hull.start();
		await eventually(allHealthy, 90_000);
		const after = await eventually(() => stack.visit());
		expect(after.rows).toBe(before.rows + 1);
		expect(after.hits).toBeGreaterThan(before.hits);
	}, 150_000);

	test("goes down without a trace", async () => {
		stack.ok("down", "--volumes");
		expect(await hull.ok(["ps", "-aq"])).toBe("");
		expect(await hull.ok(["volume", "ls", "-q"])).toBe("");
		expect(await hull.ok(["network", "ls", "-q", "--filter", "type=custom"])).toBe("");
		await hull.assertClean();
	}, 120_000);
});

/** A shim's end takes its container along. */
function kill(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// It ended with another one.
	}
}
