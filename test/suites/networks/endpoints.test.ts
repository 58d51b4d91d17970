/** What a container gets on networks of users: both families, several networks, and the host's own networks. */
import { describe, expect, test } from "bun:test";
import { createVethPair, openRouteSocket } from "../../../src/sys/index.ts";
import { engineForTests, inside, ownSubnet, pings6, runHost } from "./fixture.ts";
import { linksOf, pings } from "./machine.ts";

const engine = engineForTests();
const { namespace, create, connect } = engine;

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

describe("macvlan", () => {
	/** A link of the host whose other end is in a namespace that plays the network behind it. */
	async function makeParent(cleanup: AsyncDisposableStack) {
		const name = `hnm${process.pid}`;
		const behind = namespace();
		using host = openRouteSocket();
		host.request([createVethPair({ host: { name, up: true }, peer: { name: "eth0", namespaceFd: behind } })]);
		await inside(behind, "busybox", "ip", "link", "set", "eth0", "up");
		cleanup.defer(async () => void (await runHost("ip", "link", "delete", name)));
		return { name, behind };
	}

	test("containers are on the parent's network, with addresses of their own", async () => {
		await using cleanup = new AsyncDisposableStack();
		const { name, behind } = await makeParent(cleanup);
		const base = ownSubnet(1);
		const network = await create("lan", {
			driver: "macvlan",
			options: { parent: name },
			pools: [{ subnet: `${base}.0/24`, gateway: `${base}.1` }],
		});
		await inside(behind, "busybox", "ip", "addr", "add", `${base}.1/24`, "dev", "eth0");
		const [left, right] = [namespace(), namespace()];
		const one = await connect("lan", "one", left);
		const two = await connect("lan", "two", right, { macAddress: "92:d0:c6:0a:29:33" });
		expect([one.ipv4Address, one.ipv4Gateway, one.hostInterface]).toEqual([`${base}.2`, `${base}.1`, ""]);
		expect(linksOf(right).find((link) => link.name === "eth0")?.macAddress).toBe("92:d0:c6:0a:29:33");
		expect(await pings(left, `${base}.1`)).toBe(true);
		expect(await pings(left, two.ipv4Address)).toBe(true);
		expect(await pings(behind, one.ipv4Address)).toBe(true);

		await engine.networks.disconnect("one", network.id, { kind: "netns", fd: left });
		expect(linksOf(left).map((link) => link.name)).toEqual(["lo"]);
		await engine.networks.disconnect("two", network.id, { kind: "netns", fd: right });
		await engine.networks.remove("lan");
		expect(linksOf().map((link) => link.name)).toContain(name);
	});

	test("ways that are not to be had are refused by name", async () => {
		await using cleanup = new AsyncDisposableStack();
		const { name } = await makeParent(cleanup);
		const refused = (options: Record<string, string>) =>
			expect(create("x1", { driver: "macvlan", options })).rejects;
		await refused({ parent: "lo" }).toThrow("loopback interface is not a valid macvlan parent link");
		await refused({ parent: "nosuch" }).toThrow("invalid subinterface vlan name nosuch");
		await refused({ parent: "nosuch.10" }).toThrow("failed to find master interface nosuch");
		await refused({ parent: name, macvlan_mode: "silly" }).toThrow(
			"requested macvlan mode 'silly' is not valid, 'bridge' mode is the macvlan driver default",
		);
		await create("lan", { driver: "macvlan", options: { parent: name, macvlan_mode: "private" } });
		await refused({ parent: name }).toThrow(`is already using parent interface ${name}`);
		await expect(create("x1", { driver: "ipvlan" })).rejects.toThrow(
			"the network driver ipvlan is not supported",
		);
		expect(engine.networks.list().map((network) => network.name)).not.toContain("x1");
	});
});
