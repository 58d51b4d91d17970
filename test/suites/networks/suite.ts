/** What every implementation of the networks' contract must do, on real namespaces. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { closeSync } from "node:fs";
import type { NetworkRecord, Networks } from "../../../src/networks/index.ts";
import { createNetworkNamespace } from "../../../src/sys/index.ts";
import { eventually, linksOf, pings, runInside } from "./machine.ts";

export interface NetworksUnderTest {
	readonly networks: Networks;
	/** Links that belong to endpoints on the host. */
	hostLinks(): readonly string[];
	stop(): Promise<void>;
}

export function networksSuite(name: string, start: () => Promise<NetworksUnderTest>): void {
	describe(name, () => {
		let subject: NetworksUnderTest;
		let networks: Networks;
		let bridge: NetworkRecord;
		let namespaces: number[] = [];
		const namespace = () => {
			const fd = createNetworkNamespace();
			namespaces.push(fd);
			return fd;
		};
		const connect = (containerId: string, fd: number) =>
			networks.connect({ kind: "netns", fd }, { networkId: "bridge", containerId });

		beforeAll(async () => {
			subject = await start();
			networks = subject.networks;
			bridge = networks.get("bridge");
		});
		afterAll(() => subject.stop());
		beforeEach(() => {
			namespaces = [];
		});
		afterEach(async () => {
			for (const fd of namespaces) closeSync(fd);
			for (const { containerId } of networks.endpointsOf(bridge.id)) await networks.disconnect(containerId);
			await networks.settle();
		});

		test("the default networks are there, found by name, id and prefix", () => {
			expect(
				networks
					.list()
					.map(({ name }) => name)
					.sort(),
			).toEqual(["bridge", "host", "none"]);
			expect(networks.get(bridge.id)).toEqual(bridge);
			expect(networks.get(bridge.id.slice(0, 12))).toEqual(bridge);
			expect(() => networks.get("moon")).toThrow("network moon not found");
		});

		test("two containers get the lowest addresses, reach each other and their gateway", async () => {
			const [left, right] = [namespace(), namespace()];
			const one = await connect("one", left);
			const two = await connect("two", right);
			const start = bridge.subnets[0]!.gateway.replace(/\.1$/, "");
			expect([one.ipv4Address, two.ipv4Address]).toEqual([`${start}.2`, `${start}.3`]);
			expect(await pings(left, two.ipv4Address)).toBe(true);
			expect(await pings(right, one.ipv4Address)).toBe(true);
			expect(await pings(left, one.ipv4Gateway)).toBe(true);
		});

		test("the endpoint says what the interface in the container has", async () => {
			const inside = namespace();
			const endpoint = await connect("one", inside);
			expect(networks.endpointsOf(bridge.id)).toEqual([endpoint]);
			expect(endpoint).toMatchObject({ networkId: bridge.id, networkName: "bridge", containerId: "one" });
			expect(endpoint.id).toMatch(/^[0-9a-f]{64}$/);
			expect(linksOf(inside).find(({ name }) => name === "eth0")).toMatchObject({
				up: true,
				macAddress: endpoint.macAddress,
				mtu: Number(bridge.options["com.docker.network.driver.mtu"]),
			});
			const addresses = await runInside(inside, ["busybox", "ip", "-o", "addr", "show", "eth0"]);
			expect(addresses.output).toContain(`inet ${endpoint.ipv4Address}/${endpoint.ipv4PrefixLength} brd`);
			expect(addresses.output).not.toContain("inet6");
			const route = await runInside(inside, ["busybox", "ip", "route", "show", "default"]);
			expect(route.output).toContain(`default via ${endpoint.ipv4Gateway} dev eth0`);
			expect(subject.hostLinks()).toEqual([endpoint.hostInterface]);
		});

		test("a MAC address can be asked for", async () => {
			const inside = namespace();
			const request = { networkId: bridge.id, containerId: "one", macAddress: "92:D0:C6:0A:29:33" };
			const endpoint = await networks.connect({ kind: "netns", fd: inside }, request);
			expect(endpoint.macAddress).toBe("92:d0:c6:0a:29:33");
			expect(linksOf(inside).find(({ name }) => name === "eth0")?.macAddress).toBe("92:d0:c6:0a:29:33");
		});

		test("an address that was given back goes to the next container at once, though the link lingers", async () => {
			const [old, next, other] = [namespace(), namespace(), namespace()];
			const first = await connect("one", old);
			const neighbour = await connect("other", other);
			await networks.disconnect("one");
			expect(networks.endpointsOf(bridge.id)).toEqual([neighbour]);
			const second = await connect("two", next);
			expect(second.ipv4Address).toBe(first.ipv4Address);
			expect(await pings(next, neighbour.ipv4Address)).toBe(true);
			expect(await pings(other, second.ipv4Address)).toBe(true);
			expect(await pings(old, neighbour.ipv4Address)).toBe(false);
		});

		test("the link of a container that ended goes without anybody asking", async () => {
			const fd = createNetworkNamespace();
			await connect("one", fd);
			closeSync(fd);
			await networks.disconnect("one");
			await eventually("the link is gone", () => subject.hostLinks().length === 0);
		});

		test("the link of a namespace that lives on is deleted", async () => {
			const inside = namespace();
			await connect("one", inside);
			await networks.disconnect("one");
			await eventually("the link is gone", () => subject.hostLinks().length === 0);
			expect(linksOf(inside).map(({ name }) => name)).toEqual(["lo"]);
		});

		test("disconnecting twice, or what was never connected, is no error", async () => {
			await connect("one", namespace());
			await networks.disconnect("one", bridge.id);
			await networks.disconnect("one");
			await networks.disconnect("never");
			expect(networks.endpointsOf(bridge.id)).toEqual([]);
		});

		test("a container that is connected again keeps its address and gets a link in its new namespace", async () => {
			const [old, neighbour, fresh] = [namespace(), namespace(), namespace()];
			const first = await connect("one", old);
			await connect("two", neighbour);
			const again = await connect("one", fresh);
			expect(again.ipv4Address).toBe(first.ipv4Address);
			expect(await pings(fresh, again.ipv4Gateway)).toBe(true);
			expect(networks.endpointsOf(bridge.id).length).toBe(2);
		});

		test("a container can leave and come back in the same namespace", async () => {
			const inside = namespace();
			await connect("one", inside);
			await networks.disconnect("one");
			const again = await connect("one", inside);
			expect(linksOf(inside).map(({ name }) => name)).toEqual(["lo", "eth0"]);
			expect(await pings(inside, again.ipv4Gateway)).toBe(true);
		});

		test("many containers at once get addresses of their own", async () => {
			const fds = Array.from({ length: 16 }, namespace);
			const endpoints = await Promise.all(fds.map((fd, index) => connect(`c${index}`, fd)));
			expect(new Set(endpoints.map(({ ipv4Address }) => ipv4Address)).size).toBe(16);
			expect(await pings(fds[0]!, endpoints[15]!.ipv4Address)).toBe(true);
		});

		test("what fails leaves nothing behind", async () => {
			const file = 0;
			await expect(connect("one", file)).rejects.toThrow("EINVAL");
			await expect(
				networks.connect({ kind: "netns", fd: namespace() }, { networkId: "moon", containerId: "one" }),
			).rejects.toThrow("network moon not found");
			const mac = { networkId: "bridge", containerId: "one", macAddress: "nonsense" };
			await expect(networks.connect({ kind: "netns", fd: namespace() }, mac)).rejects.toThrow(
				"nonsense is not a valid mac address",
			);
			expect(networks.endpointsOf(bridge.id)).toEqual([]);
			expect(subject.hostLinks()).toEqual([]);
		});

		test("a request that was cancelled leaves nothing behind", async () => {
			const request = { networkId: "bridge", containerId: "one" };
			const plug = { kind: "netns", fd: namespace() } as const;
			await expect(networks.connect(plug, request, AbortSignal.abort())).rejects.toThrow("cancelled");
			const abort = new AbortController();
			const running = networks.connect(plug, request, abort.signal);
			abort.abort();
			await expect(running).rejects.toThrow("cancelled");
			expect(networks.endpointsOf(bridge.id)).toEqual([]);
		});

		test("an address of one's own choice is for user-defined networks", async () => {
			const request = { networkId: "bridge", containerId: "one", ipv4Address: "172.17.0.77" };
			await expect(networks.connect({ kind: "netns", fd: namespace() }, request)).rejects.toThrow(
				"user specified IP address is supported on user defined networks only",
			);
		});

		test("the networks none and host have endpoints without links", async () => {
			const inside = namespace();
			const plug = { kind: "netns", fd: inside } as const;
			const none = await networks.connect(plug, { networkId: "none", containerId: "one" });
			expect(none).toMatchObject({ networkName: "none", ipv4Address: "", macAddress: "", hostInterface: "" });
			const host = await networks.connect(undefined, { networkId: "host", containerId: "two" });
			expect(networks.endpointsOf(networks.get("host").id)).toEqual([host]);
			expect(linksOf(inside).map(({ name }) => name)).toEqual(["lo"]);
			await networks.disconnect("one");
			await networks.disconnect("two");
			await expect(networks.connect(undefined, { networkId: "bridge", containerId: "x" })).rejects.toThrow(
				"a sandbox with the host's network cannot be connected to the network bridge",
			);
			await expect(networks.connect(plug, { networkId: "host", containerId: "x" })).rejects.toThrow(
				"a sandbox with a network of its own cannot be connected to the network host",
			);
		});
	});
}
