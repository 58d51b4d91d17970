import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { createNeighbour, type Neighbour, programs, startIn } from "../support/neighbour.ts";

let hull: TestDaemon;
let neighbour: Neighbour;
beforeAll(async () => {
	hull = await startTestDaemon();
	neighbour = createNeighbour();
});
afterAll(async () => {
	neighbour[Symbol.dispose]();
	await hull[Symbol.asyncDispose]();
});

const run = (name: string, ...flags: readonly string[]) =>
	hull.ok(["run", "-d", "--name", name, ...flags, "busybox", "sleep", "1000"]);
const settings = async (name: string) =>
	(await hull.api("GET", `/containers/${name}/json`)).json.NetworkSettings;
const ports = async (name: string) => (await settings(name)).Ports["80/tcp"];
const pidOf = async (name: string): Promise<number> =>
	(await hull.api("GET", `/containers/${name}/json`)).json.State.Pid;
const hears = (host: string, port: number) => neighbour.run(programs.call, host, port);
const gives = (host: string, port: number, answer: string) =>
	eventually(async () => expect(await hears(host, port)).toBe(answer));
/** Networks that go with the test. */
const networks = async (...made: readonly (readonly string[])[]) => {
	for (const args of made) await hull.ok(["network", "create", ...args]);
	return {
		[Symbol.asyncDispose]: async () => {
			await hull.ok(["network", "rm", ...made.map((args) => args.at(-1)!)]);
		},
	};
};

describe.each(["user", "nat"])("published by %s", (mode) => {
	const how = ["-o", `hull.publish=${mode}`];

	test("the same port leads to where the container is, as networks come and go while it runs", async () => {
		await using _networks = await networks([...how, "one"], [...how, "two"]);
		await run("mover", "--network", "one", "-p", `${neighbour.host4}::80`);
		const [{ HostPort }] = await ports("mover");
		const port = Number(HostPort);
		using _server = await startIn(await pidOf("mover"), programs.greet, "0.0.0.0", 80);
		const client = async (network: string) =>
			mode === "nat" ? neighbour.own4 : (await settings("mover")).Networks[network].Gateway;
		await gives(neighbour.host4, port, await client("one"));
		await hull.ok(["network", "connect", "two", "mover"]);
		expect(await ports("mover")).toMatchObject([{ HostPort }]);
		await gives(neighbour.host4, port, await client("one"));
		await hull.ok(["network", "disconnect", "one", "mover"]);
		expect(await ports("mover")).toMatchObject([{ HostPort }]);
		await gives(neighbour.host4, port, await client("two"));
		await hull.ok(["network", "disconnect", "two", "mover"]);
		expect(await ports("mover")).toBe(null);
		expect(await hears(neighbour.host4, port)).toBe("ECONNREFUSED");
		await hull.ok(["rm", "-f", "mover"]);
	});

	test("the network with the default route is the one", async () => {
		await using _networks = await networks([...how, "aa"], [...how, "zz"]);
		await hull.ok(["create", "--name", "chosen", "--network", "aa", "-p", "80", "busybox", "sleep", "1000"]);
		await hull.ok(["network", "connect", "--gw-priority", "5", "zz", "chosen"]);
		await hull.ok(["start", "chosen"]);
		const port = Number((await ports("chosen"))[0].HostPort);
		const { Networks } = await settings("chosen");
		using _server = await startIn(await pidOf("chosen"), programs.greet, Networks["zz"].IPAddress, 80);
		await gives(neighbour.host4, port, mode === "nat" ? neighbour.own4 : Networks["zz"].Gateway);
		await hull.ok(["rm", "-f", "chosen"]);
	});

	test("on an internal network nothing is, until there is another", async () => {
		await using _networks = await networks(["--internal", ...how, "inner"], [...how, "outer"]);
		await run("quiet", "--network", "inner", "-p", "80");
		expect(await ports("quiet")).toBe(null);
		await hull.ok(["network", "connect", "outer", "quiet"]);
		const port = Number((await ports("quiet"))[0].HostPort);
		using _server = await startIn(await pidOf("quiet"), programs.greet, "0.0.0.0", 80);
		const { Gateway } = (await settings("quiet")).Networks["outer"];
		await gives(neighbour.host4, port, mode === "nat" ? neighbour.own4 : Gateway);
		await hull.ok(["rm", "-f", "quiet"]);
	});

	test("on a network of IPv6 alone ports lead to the address of IPv6, for clients of both families", async () => {
		await using _networks = await networks(["--ipv6", "--ipv4=false", ...how, "six"]);
		await run("modern", "--network", "six", "-p", "80");
		const port = Number((await ports("modern"))[0].HostPort);
		using _server = await startIn(await pidOf("modern"), programs.greet, "::", 80);
		const { IPv6Gateway } = (await settings("modern")).Networks["six"];
		await gives(neighbour.host6, port, mode === "nat" ? neighbour.own6 : IPv6Gateway);
		await gives(neighbour.host4, port, IPv6Gateway);
		await hull.ok(["rm", "-f", "modern"]);
	});
});
