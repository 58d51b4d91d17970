/** Networks that users make, on a real kernel: what they are, who reaches whom, and what is refused. */
import { describe, expect, test } from "bun:test";
import type { CreateNetworkRequest } from "../../../src/networks/index.ts";
import { makeDataRoot, networkRequest, startEngine } from "./engine.ts";
import { engineForTests, inside, ownSubnet, runHost } from "./fixture.ts";
import { linksOf, pings } from "./machine.ts";

const engine = engineForTests();
const { namespace, create, connect } = engine;

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
		const base = ownSubnet(0);
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

function hostAddresses(linkName: string): Promise<string> {
	return runHost("ip", "addr", "show", linkName);
}

function rules(): Promise<string> {
	return runHost("nft", "list", "table", "inet", engine.tableName);
}
