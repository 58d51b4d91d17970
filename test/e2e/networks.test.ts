/** What networks do for a container, the same in both hulls. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { hullCli } from "../support/hull-cli.ts";

const timeoutMs = 120_000;
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon({ arguments: ["--vm-memory", "128m"] });
	await hull.ok(["network", "create", "--subnet", "10.211.1.0/24", "one"]);
	await hull.ok(["network", "create", "--subnet", "10.211.2.0/24", "two"]);
	await hull.ok(["network", "create", "--ipv6", "--subnet", "fd00:211::/64", "six"]);
	await hull.ok(["network", "create", "--internal", "--subnet", "10.211.3.0/24", "inner"]);
	await hull.ok(["run", "-d", "--name", "neighbour", "--network", "one", ...idle]);
	for (const network of ["two", "six", "inner"]) await hull.ok(["network", "connect", network, "neighbour"]);
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	for (const network of ["one", "two", "six", "inner"]) await hull.ok(["network", "rm", network]);
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

const idle = ["busybox", "sleep", "10000"];
const look = (name: string, script: string) => hull.ok(["exec", name, "sh", "-c", script], { timeoutMs });
const endpoints = async (name: string) =>
	(await hull.api("GET", `/containers/${name}/json`)).json.NetworkSettings.Networks;
const pings = (name: string, address: string) =>
	eventually(() => look(name, `ping -c 1 -W 2 ${address}`), 30_000);
const interfaces = async (name: string) =>
	(await look(name, "ls /sys/class/net")).split("\n").filter((link) => link.startsWith("eth"));
/** The default route's interface and gateway. */
const wayOut = async (name: string) =>
	/via (\S+) dev (\S+)/.exec(await look(name, "ip route show default"))?.slice(1) ?? [];

describe.each(["process", "vm"])("a container of isolation %s", (isolation) => {
	const run = ["run", "-d", "--isolation", isolation];
	const remove = (name: string) => hull.ok(["rm", "-f", name], { timeoutMs });

	test(
		"has the address, the MAC address and the MTU that were asked for",
		async () => {
			await hull.ok(["network", "create", "-o", "com.docker.network.driver.mtu=1400", "small"]);
			const asked = ["--network", "one", "--ip", "10.211.1.77", "--mac-address", "02:42:00:00:00:77"];
			await hull.ok([...run, "--name", "asked", ...asked, ...idle], { timeoutMs });
			expect(await look("asked", "ip -o -4 addr show eth0; cat /sys/class/net/eth0/address")).toMatch(
				/inet 10\.211\.1\.77\/24[\s\S]*02:42:00:00:00:77/,
			);
			await hull.ok(["network", "connect", "small", "asked"], { timeoutMs });
			expect(await look("asked", "cat /sys/class/net/eth1/mtu")).toBe("1400\n");
			await remove("asked");
			await hull.ok(["network", "rm", "small"]);
		},
		timeoutMs,
	);

	test(
		"comes to networks and leaves them while it runs, by names and addresses",
		async () => {
			await hull.ok([...run, "--name", "mover", ...idle], { timeoutMs });
			await look("mover", "echo 192.0.2.9 own.example >> /etc/hosts");
			await hull.ok(["network", "connect", "--ip", "10.211.1.50", "one", "mover"], { timeoutMs });
			expect(await interfaces("mover")).toEqual(["eth0", "eth1"]);
			expect(await look("mover", "cat /etc/resolv.conf")).toContain("nameserver 127.0.0.11\n");
			const hosts = await look("mover", "cat /etc/hosts");
			expect(hosts).toContain("192.0.2.9 own.example\n");
			expect(hosts).toContain("10.211.1.50\t");
			await pings("mover", "neighbour");
			await pings("neighbour", "mover");
			const bridge = (await endpoints("mover")).bridge.Gateway;
			expect(await wayOut("mover")).toEqual([bridge, "eth0"]);

			await hull.ok(["network", "disconnect", "bridge", "mover"], { timeoutMs });
			expect(await interfaces("mover").then((names) => names.filter((name) => name !== "eth0"))).toEqual([
				"eth1",
			]);
			expect(await wayOut("mover")).toEqual(["10.211.1.1", "eth1"]);
			await pings("mover", "neighbour");

			await hull.ok(["network", "disconnect", "one", "mover"], { timeoutMs });
			expect(await wayOut("mover")).toEqual([]);
			expect(await look("mover", "cat /etc/hosts")).not.toContain("10.211.1.50");
			await hull.ok(["network", "connect", "two", "mover"], { timeoutMs });
			await pings("mover", (await endpoints("neighbour")).two.IPAddress);
			await remove("mover");
		},
		timeoutMs,
	);

	test(
		"has the default route of the highest priority, and none by an internal network",
		async () => {
			const networks = [
				"--network",
				"name=one,gw-priority=1",
				"--network",
				"name=two,gw-priority=5",
				"--network",
				"inner",
			];
			await hull.ok([...run, "--name", "router", ...networks, ...idle], { timeoutMs });
			expect((await interfaces("router")).length).toBe(3);
			expect((await wayOut("router"))[0]).toBe("10.211.2.1");
			await hull.ok(["network", "disconnect", "two", "router"], { timeoutMs });
			expect((await wayOut("router"))[0]).toBe("10.211.1.1");
			await hull.ok(["network", "disconnect", "one", "router"], { timeoutMs });
			expect(await wayOut("router")).toEqual([]);
			await pings("router", (await endpoints("neighbour")).inner.IPAddress);
			await remove("router");
		},
		timeoutMs,
	);

	test(
		"has IPv6 where its network has, and nowhere else",
		async () => {
			await hull.ok([...run, "--name", "modern", "--network", "one", ...idle], { timeoutMs });
			await hull.ok(["network", "connect", "--ip6", "fd00:211::66", "six", "modern"], { timeoutMs });
			expect(await look("modern", "ip -o -6 addr show eth1")).toContain("fd00:211::66/64");
			expect(await look("modern", "ip -o -6 addr show eth0")).toBe("");
			expect(await look("modern", "ip -6 route show default")).toContain("via fd00:211::1 dev eth1");
			await pings("modern", (await endpoints("neighbour")).six.GlobalIPv6Address);
			await remove("modern");
		},
		timeoutMs,
	);

	test(
		"is found on its networks by the next daemon, which can change them",
		async () => {
			await hull.ok([...run, "--name", "stayer", ...idle], { timeoutMs });
			await hull.ok(["network", "connect", "one", "stayer"], { timeoutMs });
			const before = await endpoints("stayer");
			await hull.kill();
			await hull.start();
			expect(await endpoints("stayer")).toEqual(before);
			await pings("stayer", "neighbour");
			await hull.ok(["network", "connect", "two", "stayer"], { timeoutMs });
			await hull.ok(["network", "disconnect", "one", "stayer"], { timeoutMs });
			await pings("stayer", (await endpoints("neighbour")).two.IPAddress);
			await remove("stayer");
		},
		timeoutMs,
	);
});

test(
	"a machine says what networks it cannot have",
	async () => {
		await hull.ok(["run", "-d", "--isolation", "vm", "--name", "full", ...idle], { timeoutMs });
		for (const network of ["one", "two", "six"])
			await hull.ok(["network", "connect", network, "full"], { timeoutMs });
		const fifth = await hull.docker(["network", "connect", "inner", "full"]);
		expect(fifth.stderr).toContain("the 4 network cards of machine");
		await hull.ok(["pause", "full"]);
		const paused = await hull.docker(["network", "disconnect", "one", "full"]);
		expect(paused.stderr).toContain("is a paused machine: unpause it first");
		await hull.ok(["unpause", "full"]);
		const second = await hull.docker([
			"run",
			"--isolation",
			"vm",
			"--network",
			"container:full",
			"busybox",
			"true",
		]);
		expect(second.stderr).toContain("isolation vm cannot have the host's network, or another container's");
	},
	timeoutMs,
);

test(
	"a fork of a machine has networks of its own, those that came while it ran too",
	async () => {
		expect((await hullCli(hull.socket, ["fork", "--name", "copy", "full"], { timeoutMs })).stderr).toBe("");
		const [ours, theirs] = [await endpoints("copy"), await endpoints("full")];
		expect(Object.keys(ours).sort()).toEqual(["bridge", "one", "six", "two"]);
		const seen = await look("copy", "ip -o addr; cat /sys/class/net/eth*/address");
		for (const [name, { IPAddress, MacAddress }] of Object.entries(ours) as [
			string,
			Record<string, string>,
		][]) {
			expect(seen).toContain(`${IPAddress}/`);
			expect(seen).toContain(MacAddress!);
			expect(seen).not.toContain(`${theirs[name].IPAddress}/`);
		}
		await pings("copy", "neighbour");
		await pings("full", "neighbour");
		await pings("copy", "full");
	},
	timeoutMs,
);
