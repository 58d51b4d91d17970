import { describe, expect, test } from "bun:test";
import { closeSync } from "node:fs";
import type { NetworkRecord } from "../../../src/networks/index.ts";
import {
	addAddress,
	addRoute,
	createNetworkNamespace,
	createVethPair,
	decodeLink,
	deleteLink,
	getLink,
	openRouteSocket,
	setLink,
} from "../../../src/sys/index.ts";
import { makeDataRoot, startEngine } from "./engine.ts";
import {
	askFrom,
	firewallTables,
	linksOf,
	openNamespaces,
	pings,
	portsOf,
	serveClientAddress,
} from "./machine.ts";
import { networksSuite } from "./suite.ts";

networksSuite("networks of the daemon", async () => {
	const root = makeDataRoot();
	const engine = await startEngine({ dataRoot: root.path });
	return {
		networks: engine.networks,
		hostLinks: () => portsOf(engine.bridgeName).map(({ name }) => name),
		async stop() {
			await engine[Symbol.asyncDispose]();
			root[Symbol.dispose]();
		},
	};
});

describe("the way outside", () => {
	test("what leaves has the host's address, and nothing comes in that was not asked for", async () => {
		await using cleanup = new AsyncDisposableStack();
		const root = cleanup.use(makeDataRoot());
		const engine = cleanup.use(await startEngine({ dataRoot: root.path }));
		const outside = makeOutside(cleanup);
		const inside = makeNamespace(cleanup);
		const endpoint = await engine.networks.connect(
			{ kind: "netns", fd: inside },
			{ networkId: "bridge", containerId: "one" },
		);
		outside.routeTo(engine.bridge);

		cleanup.use(await serveClientAddress(outside.fd, 7000));
		expect(await askFrom(inside, outside.address, 7000)).toBe(outside.hostAddress);

		cleanup.use(await serveClientAddress(inside, 7001));
		expect(await pings(outside.fd, outside.hostAddress)).toBe(true);
		expect(await askFrom(outside.fd, endpoint.ipv4Address, 7001)).toBe("");
		expect(await pings(outside.fd, endpoint.ipv4Address)).toBe(false);
		expect(await askFrom(inside, endpoint.ipv4Address, 7001)).toBe(endpoint.ipv4Address);
	});
});

describe("what is left", () => {
	test("after teardown the machine is as before", async () => {
		using root = makeDataRoot();
		const held = openNamespaces();
		await using engine = await startEngine({ dataRoot: root.path });
		const namespaces = Array.from({ length: 5 }, createNetworkNamespace);
		for (const [index, fd] of namespaces.entries())
			await engine.networks.connect({ kind: "netns", fd }, { networkId: "bridge", containerId: `c${index}` });
		expect(await firewallTables()).toContain(engine.tableName);
		const ports = portsOf(engine.bridgeName).map(({ name }) => name);
		expect(ports.length).toBe(5);
		for (const fd of namespaces) closeSync(fd);
		await engine.networks.teardown();
		expect(await firewallTables()).not.toContain(engine.tableName);
		const names = linksOf().map(({ name }) => name);
		expect(names.filter((name) => name === engine.bridgeName || ports.includes(name))).toEqual([]);
		expect(openNamespaces()).toBe(held);
	});

	test("an engine that was torn down can be started again, with the same networks", async () => {
		using root = makeDataRoot();
		const first = await startEngine({ dataRoot: root.path });
		await first.networks.teardown();
		await first.stop();
		await using second = await startEngine({ dataRoot: root.path });
		expect(second.networks.list()).toEqual(first.networks.list());
		expect(linksOf().map(({ name }) => name)).toContain(second.bridgeName);
	});
});

describe("addresses", () => {
	test("when all are given out the error says so, and one that is given back can be had", async () => {
		using root = makeDataRoot();
		const network = smallNetwork(root.path);
		await using engine = await startEngine({
			dataRoot: root.path,
			prepare: (metadata) => metadata.documents<NetworkRecord>("networks").put(network.id, network),
		});
		const connect = async (containerId: string) => {
			const fd = createNetworkNamespace();
			try {
				return await engine.networks.connect({ kind: "netns", fd }, { networkId: "bridge", containerId });
			} finally {
				closeSync(fd);
			}
		};
		for (let number = 2; number <= 6; number++)
			expect((await connect(`c${number}`)).ipv4Address).toBe(
				network.subnets[0]!.gateway.replace(/1$/, `${number}`),
			);
		await expect(connect("c7")).rejects.toThrow(
			`no available IPv4 addresses on this network's address pools: bridge (${network.id})`,
		);
		await engine.networks.disconnect("c4");
		expect((await connect("c7")).ipv4Address).toBe(network.subnets[0]!.gateway.replace(/1$/, "4"));
	});

	test("two engines that start at once have different subnets", async () => {
		using one = makeDataRoot();
		using two = makeDataRoot();
		await using cleanup = new AsyncDisposableStack();
		const start = async (dataRoot: string) => cleanup.use(await startEngine({ dataRoot }));
		const [first, second] = await Promise.all([start(one.path), start(two.path)]);
		expect(first.bridge.subnets[0]!.subnet).not.toBe(second.bridge.subnets[0]!.subnet);
	});
});

/** A /29 in a corner of the benchmarking range that depends on the process, so that runs side by side do not meet. */
function smallNetwork(dataRoot: string): NetworkRecord {
	const base = `198.19.${process.pid % 256}`;
	const hash = new Bun.CryptoHasher("sha256").update(dataRoot).digest("hex");
	return {
		id: hash,
		name: "bridge",
		driver: "bridge",
		createdAt: new Date().toISOString(),
		state: "ready",
		internal: false,
		attachable: false,
		enableIpv4: true,
		enableIpv6: false,
		ipamOptions: {},
		labels: {},
		options: {
			"com.docker.network.bridge.default_bridge": "true",
			"com.docker.network.bridge.name": `hull-${hash.slice(0, 6)}`,
		},
		subnets: [{ subnet: `${base}.0/29`, gateway: `${base}.1` }],
	};
}

function makeNamespace(cleanup: AsyncDisposableStack): number {
	const fd = createNetworkNamespace();
	cleanup.defer(() => closeSync(fd));
	return fd;
}

/** A namespace that plays the network around the host, on a link that is not ours. */
function makeOutside(cleanup: AsyncDisposableStack) {
	const fd = makeNamespace(cleanup);
	const name = `hout${process.pid}`;
	const address = [198, 18, process.pid % 256, 2];
	const hostAddress = [198, 18, process.pid % 256, 1];
	using host = openRouteSocket();
	host.request([createVethPair({ host: { name, up: true }, peer: { name: "eth0", namespaceFd: fd } })]);
	cleanup.defer(() => {
		using route = openRouteSocket();
		route.request([deleteLink(name)]);
	});
	const hostIndex = decodeLink(host.request([getLink(name)])[0]!).index;
	host.request([
		addAddress({ linkIndex: hostIndex, address: Uint8Array.from(hostAddress), prefixLength: 24 }),
	]);
	using inside = openRouteSocket(fd);
	const { index } = decodeLink(inside.request([getLink("eth0")])[0]!);
	inside.request([
		setLink({ index, up: true }),
		addAddress({ linkIndex: index, address: Uint8Array.from(address), prefixLength: 24 }),
	]);
	return {
		fd,
		address: address.join("."),
		hostAddress: hostAddress.join("."),
		/** As a neighbour would that knows where the containers are. */
		routeTo(network: NetworkRecord) {
			const [base, prefix] = network.subnets[0]!.subnet.split("/") as [string, string];
			using route = openRouteSocket(fd);
			route.request([
				addRoute({
					destination: Uint8Array.from(base.split(".").map(Number)),
					prefixLength: Number(prefix),
					gateway: Uint8Array.from(hostAddress),
				}),
			]);
		},
	};
}
