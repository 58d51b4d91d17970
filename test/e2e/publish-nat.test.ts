import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/leftovers.ts";
import { createNeighbour, type Neighbour, programs, runIn, startIn } from "../support/neighbour.ts";
import { sctpPrograms } from "../support/sctp.ts";

let hull: TestDaemon;
let neighbour: Neighbour;
beforeAll(async () => {
	hull = await startTestDaemon({ arguments: ["--publish", "nat"] });
	neighbour = createNeighbour();
	await hull.ok(["network", "create", "--ipv6", "both"]);
});
afterAll(async () => {
	neighbour[Symbol.dispose]();
	await hull.docker(["network", "rm", "both"]);
	await hull[Symbol.asyncDispose]();
});

const idle = ["busybox", "sleep", "1000"];
const run = (name: string, ...flags: readonly string[]) =>
	hull.ok(["run", "-d", "--name", name, ...flags, ...idle]);
const inspect = async (name: string) => (await hull.api("GET", `/containers/${name}/json`)).json;
const pidOf = async (name: string): Promise<number> => (await inspect(name)).State.Pid;
const hostPort = async (name: string, key = "80/tcp") =>
	Number((await inspect(name)).NetworkSettings.Ports[key][0].HostPort);
const endpoint = async (name: string, network: string) =>
	(await inspect(name)).NetworkSettings.Networks[network];
const publishers = () =>
	processesNaming(hull.runRoot).filter((pid) =>
		readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("hull-publish"),
	);
/** Tables of this engine's programs in the kernel. */
const tables = () => {
	const listed = execFileSync("nft", ["list", "tables"], { encoding: "utf8" });
	return publishers().filter((pid) => listed.includes(`hull_publish_${pid}\n`));
};
const greeted = (host: string, port: number, as: string) =>
	eventually(async () => expect(await neighbour.run(programs.call, host, port)).toBe(as));

describe("a client outside", () => {
	test("is seen by its own address, by IPv4 and IPv6", async () => {
		await run("web", "--network", "both", "-p", "80");
		const port = await hostPort("web");
		using _four = await startIn(await pidOf("web"), programs.greet, "::", 80);
		await greeted(neighbour.host4, port, neighbour.own4);
		await greeted(neighbour.host6, port, neighbour.own6);
		await hull.ok(["rm", "-f", "web"]);
	});

	test("reaches only the address that the port is open on", async () => {
		await run("one", "-p", `${neighbour.host4}::80`);
		const port = await hostPort("one");
		using _server = await startIn(await pidOf("one"), programs.greet, "0.0.0.0", 80);
		await greeted(neighbour.host4, port, neighbour.own4);
		const { Gateway } = await endpoint("one", "bridge");
		expect(await neighbour.run(programs.call, Gateway, port)).toBe("ECONNREFUSED");
		await hull.ok(["rm", "-f", "one"]);
	});
});

describe("clients on this host", () => {
	test("by an address, by loopback, from the container itself and from another network", async () => {
		await run("near", "-p", "80");
		const port = await hostPort("near");
		const pid = await pidOf("near");
		using _server = await startIn(pid, programs.greet, "0.0.0.0", 80);
		const { Gateway } = await endpoint("near", "bridge");
		const here = (host: string) => runIn(process.pid, programs.call, host, port);
		await eventually(async () => expect(await here(neighbour.host4)).toBe(neighbour.host4));
		expect(await here("127.0.0.1")).toBe(Gateway);
		expect(await here("::1")).toBe(Gateway);
		expect(await runIn(pid, programs.call, Gateway, port)).toBe(Gateway);
		await run("other", "--network", "both");
		expect(await runIn(await pidOf("other"), programs.call, neighbour.host4, port)).toMatch(/^[0-9.]+$/);
		await hull.ok(["rm", "-f", "near", "other"]);
	});
});

describe("datagrams", () => {
	test("come from the client's own address, and not to whoever has the container's address next", async () => {
		await run("first", "--network", "both", "-p", "53/udp");
		const port = await hostPort("first", "53/udp");
		const { IPAddress } = await endpoint("first", "both");
		using client = await neighbour.start(programs.ask, neighbour.host4, port);
		{
			using _server = await startIn(await pidOf("first"), programs.greetDatagrams, "0.0.0.0", 53);
			client.say("one");
			expect(await client.next()).toBe(neighbour.own4);
		}
		await hull.ok(["rm", "-f", "first"]);
		await run("second", "--network", "both", "--ip", IPAddress);
		using _next = await startIn(await pidOf("second"), programs.greetDatagrams, "0.0.0.0", 53);
		client.say("two");
		expect(await client.next()).toBe("ECONNREFUSED");
		await hull.ok(["rm", "-f", "second"]);
	});

	test("nor when the container ended while no daemon was there", async () => {
		await run("first", "--network", "both", "-p", "53/udp");
		const port = await hostPort("first", "53/udp");
		const { IPAddress } = await endpoint("first", "both");
		const pid = await pidOf("first");
		using client = await neighbour.start(programs.ask, neighbour.host4, port);
		{
			using _server = await startIn(pid, programs.greetDatagrams, "0.0.0.0", 53);
			client.say("one");
			expect(await client.next()).toBe(neighbour.own4);
		}
		await hull.kill();
		process.kill(pid, "SIGKILL");
		await eventually(() => expect(publishers()).toEqual([]));
		await hull.start();
		await run("second", "--network", "both", "--ip", IPAddress);
		using _next = await startIn(await pidOf("second"), programs.greetDatagrams, "0.0.0.0", 53);
		client.say("two");
		expect(await client.next()).toBe("ECONNREFUSED");
		await hull.ok(["rm", "-f", "first", "second"]);
	});
});

describe("the rules", () => {
	test("are the program's: nobody else can take them, and they go with the container", async () => {
		await run("held", "-p", "80");
		const port = await hostPort("held");
		const [pid] = publishers();
		expect(tables()).toEqual([pid!]);
		const taken = spawnSync("nft", ["delete", "table", "inet", `hull_publish_${pid}`], { encoding: "utf8" });
		expect(taken.status).not.toBe(0);
		expect(tables()).toEqual([pid!]);
		const second = await hull.docker(["run", "--rm", "-p", `${port}:80`, ...idle]);
		expect(second.stderr).toContain("port is already allocated: held by container held");
		await hull.ok(["rm", "-f", "held"]);
		expect(execFileSync("nft", ["list", "tables"], { encoding: "utf8" })).not.toContain(
			`hull_publish_${pid}\n`,
		);
		expect(await neighbour.run(programs.call, neighbour.host4, port)).toBe("ECONNREFUSED");
	});

	test("stay while no daemon is there, and come back when hull-publish is killed", async () => {
		await run("steady", "-p", "80");
		const port = await hostPort("steady");
		using _server = await startIn(await pidOf("steady"), programs.greet, "0.0.0.0", 80);
		const [pid] = publishers();
		await hull.kill();
		await greeted(neighbour.host4, port, neighbour.own4);
		await hull.start();
		process.kill(pid!, "SIGKILL");
		await eventually(() => {
			expect(tables()).toHaveLength(1);
			expect(tables()).not.toEqual([pid!]);
		});
		await greeted(neighbour.host4, port, neighbour.own4);
		await hull.ok(["rm", "-f", "steady"]);
	});
});

describe("what a network says goes before what the engine says", () => {
	test("hull.publish=user", async () => {
		await hull.ok(["network", "create", "-o", "hull.publish=user", "plain"]);
		await run("usual", "--network", "plain", "-p", "80");
		expect(publishers()).toHaveLength(1);
		expect(tables()).toEqual([]);
		await hull.ok(["rm", "-f", "usual"]);
		await hull.ok(["network", "rm", "plain"]);
	});

	test("values and names that mean nothing are refused", async () => {
		const create = async (option: string) =>
			(await hull.docker(["network", "create", "-o", option, "never"])).stderr;
		expect(await create("hull.publish=fast")).toContain(
			"invalid hull.publish value: fast: user or nat is meant",
		);
		expect(await create("hull.publisch=nat")).toContain("the network option hull.publisch is not supported");
	});
});

describe("sctp", () => {
	const both = async (name: string, flags: readonly string[] = []) => {
		await run(name, "-p", "7/sctp", ...flags);
		const port = await hostPort(name, "7/sctp");
		using server = await startIn(await pidOf(name), sctpPrograms.serve, 7);
		const heard = await neighbour.run(sctpPrograms.call, neighbour.host4, port);
		const answer = (type: number) => `${type} ${neighbour.host4} ${port} good`;
		expect(heard.split("\n")).toEqual([answer(2), answer(11), answer(3)]);
		for (const type of [1, 10, 0]) expect(await server.next()).toBe(`${type} ${neighbour.own4} good`);
		await hull.ok(["rm", "-f", name]);
	};

	test("an association is opened and data acknowledged through the translation", () => both("stream"));

	test("also on a network whose other ports are carried in user space, and with all that are exposed", async () => {
		await hull.ok(["network", "create", "-o", "hull.publish=user", "plain"]);
		await both("stream", ["--network", "plain"]);
		await run("all", "-P", "--expose", "9/sctp", "--expose", "80", "--network", "plain");
		const { Ports } = (await inspect("all")).NetworkSettings;
		expect(Object.keys(Ports).sort()).toEqual(["80/tcp", "9/sctp"]);
		expect(await hull.ok(["port", "all", "9/sctp"])).toBe(`0.0.0.0:${Ports["9/sctp"][0].HostPort}\n`);
		await hull.ok(["rm", "-f", "all"]);
		await hull.ok(["network", "rm", "plain"]);
	});

	test("a port is held once, and an address of a family that the container has not is refused", async () => {
		await run("first", "-p", "7/sctp");
		const port = await hostPort("first", "7/sctp");
		const second = await hull.docker(["run", "--rm", "-p", `${port}:7/sctp`, ...idle]);
		expect(second.stderr).toContain("port is already allocated: held by container first");
		const six = await hull.docker(["run", "--rm", "-p", "[::1]::7/sctp", ...idle]);
		expect(six.stderr).toContain("the container has no address of that family");
		await hull.ok(["rm", "-f", "first"]);
	});
});
