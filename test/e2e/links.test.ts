import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { hullCli } from "../support/hull-cli.ts";

/** Links on the network `bridge`, as dockerd does them: lines of the hosts file, and variables. */
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
	await run("db", ["--expose", "5432", "-e", "COLOUR=blue"]);
});
afterAll(async () => hull[Symbol.asyncDispose]());

const run = (name: string, flags: readonly string[]) =>
	hull.ok(["run", "-d", "--name", name, ...flags, "busybox", "sleep", "1000"]);
const read = (name: string, ...command: string[]) => hull.ok(["exec", name, ...command]);
const inspect = async (name: string) => (await hull.api("GET", `/containers/${name}/json`)).json;
const addressOf = async (name: string) => (await inspect(name)).NetworkSettings.Networks.bridge.IPAddress;

test("a linked container is found by alias, id and name, and says what it has", async () => {
	await run("web", ["--link", "db:store"]);
	const address = await addressOf("db");
	const { Id: id, HostConfig } = await inspect("db");
	expect(await read("web", "cat", "/etc/hosts")).toContain(`${address}\tstore ${id.slice(0, 12)} db\n`);
	expect((await inspect("web")).HostConfig.Links).toEqual(["/db:/web/store"]);
	expect(HostConfig.Links).toBeNull();
	const environment = await read("web", "cat", "/proc/1/environ");
	for (const entry of [
		"STORE_NAME=/web/store",
		`STORE_PORT=tcp://${address}:5432`,
		`STORE_PORT_5432_TCP_ADDR=${address}`,
		"STORE_ENV_COLOUR=blue",
	])
		expect(environment.split("\0")).toContain(entry);
	expect(await read("web", "env")).toContain("STORE_NAME=/web/store");
	await read("web", "ping", "-c1", "-W2", "store");
});

test("the line follows the linked container to another address", async () => {
	await hull.ok(["stop", "-t", "0", "db"]);
	await run("squatter", []);
	await hull.ok(["start", "db"]);
	const address = await addressOf("db");
	expect(address).not.toBe(await addressOf("squatter"));
	expect(await read("web", "cat", "/etc/hosts")).toContain(`${address}\tstore `);
});

test("a link to nobody, to one that is stopped, or without a network of one's own, is an error", async () => {
	const flags = (link: string, ...more: string[]) => [
		"run",
		"--rm",
		"--link",
		link,
		...more,
		"busybox",
		"true",
	];
	const nobody = await hullCli(hull.socket, flags("nobody:x"));
	expect(nobody.stderr).toContain("could not get container for nobody: No such container: nobody");
	await hull.ok(["create", "--name", "idle", "busybox", "true"]);
	const stopped = await hullCli(hull.socket, flags("idle:x", "--name", "asker"));
	expect(stopped.stderr).toContain("Cannot link to a non running container: /idle AS /asker/x");
	const host = await hullCli(hull.socket, flags("db:x", "--network", "host"));
	expect(host.stderr).toContain("conflicting options: host type networking can't be used with links");
});
