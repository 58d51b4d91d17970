/** Networks that users make, on a real kernel: what they are, who reaches whom, and what is refused. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { closeSync } from "node:fs";
import type { CreateNetworkRequest, Endpoint, EndpointRequest } from "../../../src/networks/index.ts";
import { createNetworkNamespace } from "../../../src/sys/index.ts";
import { type Engine, makeDataRoot, networkRequest, startEngine } from "./engine.ts";
import { linksOf, pings, runInside } from "./machine.ts";

let root: ReturnType<typeof makeDataRoot>;
let engine: Engine;
let namespaces: number[] = [];

beforeAll(async () => {
	root = makeDataRoot();
	engine = await startEngine({ dataRoot: root.path });
});
afterAll(async () => {
	await engine[Symbol.asyncDispose]();
	root[Symbol.dispose]();
});
beforeEach(() => {
	namespaces = [];
});
afterEach(async () => {
	for (const fd of namespaces) closeSync(fd);
	for (const network of engine.networks.list()) {
		for (const { containerId } of engine.networks.endpointsOf(network.id))
			await engine.networks.disconnect(containerId);
		if (!["bridge", "host", "none"].includes(network.name)) await engine.networks.remove(network.id);
	}
	await engine.networks.settle();
});

const namespace = () => {
	const fd = createNetworkNamespace();
	namespaces.push(fd);
	return fd;
};
const create = (name: string, more: Partial<CreateNetworkRequest> = {}) =>
	engine.networks.create(networkRequest(name, more));
const connect = (
	networkId: string,
	containerId: string,
	fd: number,
	more: Partial<EndpointRequest> = {},
): Promise<Endpoint> => engine.networks.connect({ kind: "netns", fd }, { networkId, containerId, ...more });
const inside = async (fd: number, ...command: string[]) => (await runInside(fd, command)).output;
/** A subnet that no run beside this one has. */
const own = (third: number) => `198.19.${(process.pid + third) % 256}`;

describe("making and removing", () => {
	test("a network has a bridge with its gateway's address, and is gone after its removal", async () => {
		const network = await create("web", { labels: { a: "b" } });
		expect(engine.networks.get("web")).toEqual(network);
		expect(network).toMatchObject({ name: "web", driver: "bridge", state: "ready", labels: { a: "b" } });
		expect(network.options).toEqual({});
		const linkName = `br-${network.id.slice(0, 12)}`;
		const addresses = await hostAddresses(linkName);
		const [pool] = network.subnets;
		expect(addresses).toContain(`inet ${pool!.gateway}/${pool!.subnet.split("/")[1]} brd`);
		expect(addresses).not.toContain("inet6");

		expect(await engine.networks.remove("web")).toMatchObject({ id: network.id });
		expect(() => engine.networks.get("web")).toThrow("network web not found");
		expect(linksOf().map(({ name }) => name)).not.toContain(linkName);
		expect(await rules()).not.toContain(linkName);
	});

	test("subnet, gateway, range and auxiliary addresses can be said", async () => {
		const base = own(0);
		const network = await create("web", {
			pools: [
				{
					subnet: `${base}.9/24`,
					gateway: `${base}.7`,
					ipRange: `${base}.128/25`,
					auxiliaryAddresses: { router: `${base}.128` },
				},
			],
		});
		expect(network.subnets).toEqual([
			{
				subnet: `${base}.0/24`,
				gateway: `${base}.7`,
				ipRange: `${base}.128/25`,
				auxiliaryAddresses: { router: `${base}.128` },
			},
		]);
		const one = await connect("web", "one", namespace());
		expect([one.ipv4Address, one.ipv4Gateway]).toEqual([`${base}.129`, `${base}.7`]);
		const two = await connect("web", "two", namespace(), { ipv4Address: `${base}.2` });
		expect(two.ipv4Address).toBe(`${base}.2`);
		for (const taken of ["2", "7", "128"])
			await expect(connect("web", "three", namespace(), { ipv4Address: `${base}.${taken}` })).rejects.toThrow(
				"Address already in use",
			);
	});

	test("a name is one network's, also when two ask for it at once", async () => {
		const outcomes = await Promise.allSettled([create("web"), create("web")]);
		expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
		await expect(create("web")).rejects.toThrow("network with name web already exists");
		const names = linksOf().map(({ name }) => name);
		const [web] = engine.networks.list().filter(({ name }) => name === "web");
		expect(names.filter((name) => name === `br-${web!.id.slice(0, 12)}`).length).toBe(1);
	});

	test("networks that are made at once have different subnets", async () => {
		const networks = await Promise.all(["a1", "a2", "a3", "a4"].map((name) => create(name)));
		expect(new Set(networks.map(({ subnets }) => subnets[0]!.subnet)).size).toBe(4);
	});

	test("a network with containers is not removed", async () => {
		const network = await create("web");
		await connect("web", "one", namespace());
		await expect(engine.networks.remove("web")).rejects.toThrow(
			`error while removing network: network web id ${network.id} has active endpoints`,
		);
		expect(engine.networks.get("web").state).toBe("ready");
		for (const name of ["bridge", "host", "none"])
			await expect(engine.networks.remove(name)).rejects.toThrow(
				`${name} is a pre-defined network and cannot be removed`,
			);
	});

	test("a container cannot be connected to a network whose removal has begun", async () => {
		await create("web");
		const removal = engine.networks.remove("web");
		await expect(connect("web", "one", namespace())).rejects.toThrow("network web not found");
		await removal;
	});

	test.each<[string, Partial<CreateNetworkRequest>, string]>([
		["", {}, "invalid name"],
		["host", {}, "operation is not permitted on predefined host network"],
		["x1", { driver: "host" }, 'only one instance of "host" network is allowed'],
		["x1", { driver: "none" }, 'only one instance of "null" network is allowed'],
		["x1", { enableIpv4: false }, "IPv4 or IPv6 must be enabled"],
		["x1", { pools: [{ subnet: "10.9.0.0" }] }, "invalid subnet 10.9.0.0: invalid CIDR address: 10.9.0.0"],
		["x1", { pools: [{ gateway: "10.9.0.1" }] }, "invalid subnet : invalid CIDR address"],
		["x1", { pools: [{ subnet: "127.1.0.0/16" }] }, "it has addresses that no container can have"],
		["x1", { pools: [{ subnet: "fd00:77::/64" }] }, "is of IPv6, which the network does not enable"],
		[
			"x1",
			{ pools: [{ subnet: "10.9.0.0/24", gateway: "10.8.0.1" }] },
			"failed to allocate gateway (10.8.0.1): Requested address is out of range",
		],
		[
			"x1",
			{ pools: [{ subnet: "10.9.0.0/24", gateway: "10.9.0.255" }] },
			"failed to allocate gateway (10.9.0.255): Address already in use",
		],
		["x1", { pools: [{ subnet: "10.9.0.0/24", ipRange: "10.8.0.0/25" }] }, "invalid ip-range 10.8.0.0/25"],
		["x1", { pools: [{ subnet: "10.9.0.0/32" }] }, "No available addresses on this pool"],
		[
			"x1",
			{ pools: [{ subnet: "10.9.0.0/24", auxiliaryAddresses: { r: "10.8.0.2" } }] },
			"auxiliary address: (r:10.8.0.2) must belong to the master pool: 10.9.0.0/24",
		],
		[
			"x1",
			{ pools: [{ subnet: "10.9.0.0/24" }, { subnet: "10.10.0.0/24" }] },
			"bridge driver doesn't support multiple subnets",
		],
		[
			"x1",
			{ options: { "com.docker.network.bridge.enable_icc": "maybe" } },
			"failed to parse com.docker.network.bridge.enable_icc value: maybe",
		],
		["x1", { options: { "com.docker.network.driver.mtu": "-5" } }, "invalid MTU number: -5"],
		["x1", { options: { "com.docker.network.bridge.name": "lo" } }, "existing interface lo is not a bridge"],
		["x1", { options: { "com.docker.network.bridge.name": "../etc" } }, "invalid bridge name"],
		["x1", { options: { "com.docker.network.moon": "1" } }, "com.docker.network.moon is not supported"],
		[
			"x1",
			{ options: { "com.docker.network.bridge.gateway_mode_ipv4": "isolated" } },
			"gateway mode 'isolated' can only be used for an internal network",
		],
	])("%p with %j is refused", async (name, more, message) => {
		await expect(create(name, more)).rejects.toThrow(message);
		expect(engine.networks.list().map((network) => network.name)).not.toContain("x1");
	});

	test("a subnet of another network is refused", async () => {
		const { subnets } = await create("web");
		await expect(create("x1", { pools: [{ subnet: subnets[0]!.subnet }] })).rejects.toThrow(
			"Pool overlaps with other one on this address space",
		);
	});

	test("a bridge that is there is used, and stays", async () => {
		const name = `hn${process.pid}`;
		await runHost("ip", "link", "add", name, "type", "bridge");
		try {
			const options = { "com.docker.network.bridge.name": name };
			const network = await create("web", { options });
			await expect(create("x1", { options })).rejects.toThrow("networks have same bridge name");
			const fd = namespace();
			const endpoint = await connect("web", "one", fd);
			expect(await pings(fd, endpoint.ipv4Gateway)).toBe(true);
			await engine.networks.disconnect("one");
			await engine.networks.remove(network.id);
			expect(linksOf().map((link) => link.name)).toContain(name);
		} finally {
			await runHost("ip", "link", "delete", name);
		}
	});
});

describe("who reaches whom", () => {
	test("containers of a network reach each other, those of different networks do not", async () => {
		await create("web");
		await create("db");
		const [one, two, other] = [namespace(), namespace(), namespace()];
		await connect("web", "one", one);
		const neighbour = await connect("web", "two", two);
		const stranger = await connect("db", "other", other);
		expect(await pings(one, neighbour.ipv4Address)).toBe(true);
		expect(await pings(one, stranger.ipv4Address)).toBe(false);
		expect(await pings(other, neighbour.ipv4Address)).toBe(false);
	});

	test("another engine's containers are not reached", async () => {
		using second = makeDataRoot();
		await using stranger = await startEngine({ dataRoot: second.path });
		const theirs = await stranger.networks.create(networkRequest("web"));
		await create("web");
		const [one, two] = [namespace(), namespace()];
		const ours = await connect("web", "one", one);
		const endpoint = await stranger.networks.connect(
			{ kind: "netns", fd: two },
			{ networkId: theirs.id, containerId: "two" },
		);
		expect(await pings(one, endpoint.ipv4Address)).toBe(false);
		expect(await pings(two, ours.ipv4Address)).toBe(false);
	});

	test("an internal network has no way out", async () => {
		const network = await create("vault", { internal: true });
		const fd = namespace();
		const endpoint = await connect("vault", "one", fd);
		const neighbour = await connect("vault", "two", namespace());
		expect(endpoint.ipv4Gateway).toBe("");
		expect(await inside(fd, "busybox", "ip", "route")).not.toContain("default");
		expect(await pings(fd, neighbour.ipv4Address)).toBe(true);
		// Also with a route that it should not have.
		const { gateway } = network.subnets[0]!;
		await inside(fd, "busybox", "ip", "route", "add", "default", "via", gateway);
		await create("web");
		const web = await connect("web", "three", namespace());
		expect(await pings(fd, gateway)).toBe(true);
		expect(await pings(fd, web.ipv4Address)).toBe(false);
	});

	test("containers that are to be kept apart reach their gateway and not each other", async () => {
		await create("apart", { options: { "com.docker.network.bridge.enable_icc": "false" } });
		const fd = namespace();
		const one = await connect("apart", "one", fd);
		const two = await connect("apart", "two", namespace());
		expect(await pings(fd, one.ipv4Gateway)).toBe(true);
		expect(await pings(fd, two.ipv4Address)).toBe(false);
		await inside(fd, "busybox", "ip", "route", "add", two.ipv4Address, "via", one.ipv4Gateway);
		expect(await pings(fd, two.ipv4Address)).toBe(false);
	});
});

describe("IPv6", () => {
	test("a network has both families, with a unique local subnet of this engine", async () => {
		const network = await create("six", { enableIpv6: true });
		expect(network.subnets.length).toBe(2);
		const [, six] = network.subnets;
		expect(six!.subnet).toMatch(/^fd[0-9a-f]{2}:[0-9a-f:]+::\/64$/);
		const [left, right] = [namespace(), namespace()];
		const one = await connect("six", "one", left);
		const two = await connect("six", "two", right);
		expect(one).toMatchObject({ ipv6Gateway: six!.gateway, ipv6PrefixLength: 64 });
		expect(await inside(left, "busybox", "ip", "addr", "show", "eth0")).toContain(`${one.ipv6Address}/64`);
		expect(await inside(left, "busybox", "ip", "-6", "route", "show", "default")).toContain(six!.gateway);
		expect(await pings6(left, two.ipv6Address)).toBe(true);
		expect(await pings6(left, one.ipv6Gateway)).toBe(true);
		expect(await pings(left, two.ipv4Address)).toBe(true);
		const other = await create("seven", { enableIpv6: true });
		const three = await connect(other.id, "three", namespace());
		expect(await pings6(left, three.ipv6Address)).toBe(false);
	});

	test("an address can be asked for, and there need be no IPv4", async () => {
		const prefix = `fd00:${(process.pid % 65536).toString(16)}:7`;
		await create("six", { enableIpv4: false, enableIpv6: true, pools: [{ subnet: `${prefix}::/64` }] });
		const fd = namespace();
		const one = await connect("six", "one", fd, { ipv6Address: `${prefix}::77` });
		expect(one).toMatchObject({ ipv4Address: "", ipv6Address: `${prefix}::77`, ipv6Gateway: `${prefix}::1` });
		expect(one.macAddress).toBe("02:42:00:00:00:77");
		expect(await pings6(fd, `${prefix}::1`)).toBe(true);
		expect(await inside(fd, "busybox", "ip", "addr", "show", "eth0")).not.toContain("inet ");
		await expect(connect("six", "two", namespace(), { ipv6Address: `${prefix}::77` })).rejects.toThrow(
			"Address already in use",
		);
	});
});

describe("several networks", () => {
	const defaultRouteOf = async (fd: number) =>
		/^default .*dev (\S+)/m.exec(await inside(fd, "busybox", "ip", "route"))?.[1];

	test("the default route goes to the highest priority, then by name, and is chosen anew", async () => {
		await create("aa");
		await create("bb");
		await create("vault", { internal: true });
		const fd = namespace();
		const plug = { kind: "netns", fd } as const;
		const vault = await connect("vault", "one", fd, { gatewayPriority: 100 });
		const bb = await connect("bb", "one", fd);
		expect(await defaultRouteOf(fd)).toBe(bb.interfaceName);
		const aa = await connect("aa", "one", fd);
		expect([vault, bb, aa].map(({ interfaceName }) => interfaceName)).toEqual(["eth0", "eth1", "eth2"]);
		expect(await defaultRouteOf(fd)).toBe("eth2");
		await engine.networks.disconnect("one", engine.networks.get("bridge").id, plug);
		const first = await connect("bridge", "one", fd, { gatewayPriority: 1 });
		expect(await defaultRouteOf(fd)).toBe(first.interfaceName);

		await engine.networks.disconnect("one", first.networkId, plug);
		expect(await defaultRouteOf(fd)).toBe("eth2");
		await engine.networks.disconnect("one", aa.networkId, plug);
		expect(await defaultRouteOf(fd)).toBe("eth1");
		await engine.networks.disconnect("one", bb.networkId, plug);
		expect(await defaultRouteOf(fd)).toBeUndefined();
		expect(linksOf(fd).map(({ name }) => name)).toEqual(["lo", "eth0"]);
		expect((await connect("aa", "one", fd)).interfaceName).toBe("eth1");
	});

	test("interface names and sysctls can be said", async () => {
		await create("aa", { options: { "com.docker.network.container_iface_prefix": "net" } });
		await create("bb");
		const fd = namespace();
		expect((await connect("aa", "one", fd)).interfaceName).toBe("net0");
		const driverOptions = {
			"com.docker.network.endpoint.ifname": "front",
			"com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.log_martians=1",
		};
		expect((await connect("bb", "one", fd, { driverOptions })).interfaceName).toBe("front");
		expect(await inside(fd, "cat", "/proc/sys/net/ipv4/conf/front/log_martians")).toBe("1");
		const refused = (options: Record<string, string>) =>
			expect(connect("bb", "two", namespace(), { driverOptions: options })).rejects;
		await refused({ moon: "1" }).toThrow("the endpoint's driver option moon is not supported");
		await refused({ "com.docker.network.endpoint.ifname": "a/b" }).toThrow(
			"cannot be the name of an interface",
		);
		await refused({ "com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.moon=1" }).toThrow(
			"does not exist in this kernel",
		);
		await refused({ "com.docker.network.endpoint.sysctls": "kernel.x=1" }).toThrow("does not have the form");
		expect(engine.networks.endpointsOf(engine.networks.get("bb").id).length).toBe(1);
	});

	test("link-local addresses come on top", async () => {
		await create("aa");
		const fd = namespace();
		const endpoint = await connect("aa", "one", fd, { linkLocalAddresses: ["169.254.34.68"] });
		expect(endpoint.linkLocalAddresses).toEqual(["169.254.34.68"]);
		expect(await inside(fd, "busybox", "ip", "addr", "show", "eth0")).toContain("169.254.34.68/16");
	});
});

async function pings6(fd: number, address: string): Promise<boolean> {
	return (await runInside(fd, ["busybox", "ping6", "-c", "1", "-W", "1", address])).exitCode === 0;
}

async function runHost(...command: string[]): Promise<string> {
	const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
	return await new Response(child.stdout).text();
}

function hostAddresses(linkName: string): Promise<string> {
	return runHost("ip", "addr", "show", linkName);
}

function rules(): Promise<string> {
	return runHost("nft", "list", "table", "inet", engine.tableName);
}
