import { afterEach, beforeEach, expect, test } from "bun:test";
import { closeSync, readdirSync, readFileSync } from "node:fs";
import { delay } from "../../lib/index.ts";
import { inNetworkNamespace } from "../enter-netns.ts";
import { createNetworkNamespace } from "../netns.ts";
import { writeSysctl } from "../sysctl.ts";
import { addAddress, decodeAddress, deleteAddress, getAddresses } from "./address.ts";
import { createBridge, createVethPair, decodeLink, deleteLink, getLink, setLink } from "./link.ts";
import { addRoute, decodeRoute, getRoutes } from "./route.ts";
import { openRouteSocket, type RouteSocket } from "./socket.ts";

// Everything happens in two fresh namespaces, so that the machine's own links are never touched.
let left: number;
let right: number;
let route: RouteSocket;

beforeEach(() => {
	left = createNetworkNamespace();
	right = createNetworkNamespace();
	route = openRouteSocket(left);
});

afterEach(() => {
	route[Symbol.dispose]();
	closeSync(left);
	closeSync(right);
});

const find = (socket: RouteSocket, name: string) => decodeLink(socket.request([getLink(name)])[0]!);
const code = (body: () => unknown): unknown => {
	try {
		return body();
	} catch (error) {
		return (error as { code: string }).code;
	}
};

test("a bridge is made with its MAC, MTU and state, and deleted", () => {
	route.request([createBridge({ name: "br0", macAddress: "02:42:0a:00:00:01", mtu: 1400, up: true })]);
	expect(find(route, "br0")).toMatchObject({
		name: "br0",
		kind: "bridge",
		macAddress: "02:42:0a:00:00:01",
		mtu: 1400,
		up: true,
		master: 0,
	});
	route.request([deleteLink("br0")]);
	expect(code(() => find(route, "br0"))).toBe("ENODEV");
});

test("a veth pair has one end as a port of the bridge and one in the other namespace", () => {
	route.request([createBridge({ name: "br0", up: true })]);
	const bridge = find(route, "br0");
	route.request([
		createVethPair({
			host: { name: "veth0", mtu: 1300, master: bridge.index, up: true },
			peer: { name: "eth0", mtu: 1300, macAddress: "02:42:0a:00:00:02", namespaceFd: right },
		}),
	]);
	using inside = openRouteSocket(right);
	expect(find(route, "veth0")).toMatchObject({ kind: "veth", master: bridge.index, mtu: 1300, up: true });
	expect(find(inside, "eth0")).toMatchObject({ macAddress: "02:42:0a:00:00:02", mtu: 1300, up: false });
	route.request([deleteLink("veth0")]);
	expect(code(() => find(inside, "eth0"))).toBe("ENODEV");
});

test("a link is operational when the other end is up too", async () => {
	route.request([
		createVethPair({ host: { name: "veth0", up: true }, peer: { name: "eth0", namespaceFd: right } }),
	]);
	expect(find(route, "veth0")).toMatchObject({ up: true, operational: false });
	using inside = openRouteSocket(right);
	inside.request([setLink({ index: find(inside, "eth0").index, up: true })]);
	// Older kernels take note of the carrier when they get round to it.
	for (let tries = 0; tries < 200 && !find(route, "veth0").operational; tries++) await delay(10);
	expect(find(route, "veth0").operational).toBe(true);
});

test("setLink changes state, bridge, MTU and MAC of a link", () => {
	route.request([
		createBridge({ name: "br0" }),
		createVethPair({ host: { name: "veth0" }, peer: { name: "eth0", namespaceFd: right } }),
	]);
	const bridge = find(route, "br0").index;
	const { index } = find(route, "veth0");
	route.request([setLink({ index, up: true, master: bridge, mtu: 1200, macAddress: "02:00:00:00:00:07" })]);
	expect(find(route, "veth0")).toMatchObject({
		up: true,
		master: bridge,
		mtu: 1200,
		macAddress: "02:00:00:00:00:07",
	});
	route.request([setLink({ index, up: false, master: 0 })]);
	expect(find(route, "veth0")).toMatchObject({ up: false, master: 0 });
});

test("addresses are added, listed and deleted; routes follow", () => {
	route.request([createBridge({ name: "br0", up: true })]);
	const { index } = find(route, "br0");
	const address = { linkIndex: index, address: Uint8Array.of(10, 9, 0, 1), prefixLength: 24 };
	route.request([
		addAddress({ ...address, broadcast: Uint8Array.of(10, 9, 0, 255) }),
		addRoute({ destination: new Uint8Array(0), prefixLength: 0, gateway: Uint8Array.of(10, 9, 0, 254) }),
		addRoute({ destination: Uint8Array.of(10, 10, 0, 0), prefixLength: 16, linkIndex: index }),
	]);
	const listed = () =>
		route
			.dump(getAddresses())
			.map(decodeAddress)
			.filter(({ linkIndex, address }) => linkIndex === index && address.length === 4)
			.map((found) => ({ ...found, address: [...found.address] }));
	expect(listed()).toEqual([{ linkIndex: index, address: [10, 9, 0, 1], prefixLength: 24 }]);
	const routes = route
		.dump(getRoutes(4))
		.map(decodeRoute)
		.filter((found) => found?.table === 254)
		.map(
			(found) =>
				`${[...found!.destination].join(".")}/${found!.prefixLength} ${[...(found!.gateway ?? [])].join(".")}`,
		);
	expect(routes).toEqual(["/0 10.9.0.254", "10.9.0.0/24 ", "10.10.0.0/16 "]);
	route.request([deleteAddress(address)]);
	expect(listed()).toEqual([]);
});

test("each failure has its errno, what was asked and the kernel's explanation", () => {
	route.request([createBridge({ name: "br0" })]);
	const { index } = find(route, "br0");
	const address = { linkIndex: index, address: Uint8Array.of(10, 9, 0, 1), prefixLength: 24 };
	expect(code(() => route.request([createBridge({ name: "br0" })]))).toBe("EEXIST");
	expect(code(() => route.request([deleteLink("none")]))).toBe("ENODEV");
	expect(code(() => route.request([setLink({ index: 4242, up: true })]))).toBe("ENODEV");
	expect(code(() => route.request([addAddress({ ...address, linkIndex: 4242 })]))).toBe("ENODEV");
	expect(code(() => route.request([addAddress(address), addAddress(address)]))).toBe("EEXIST");
	route.request([deleteAddress(address)]);
	expect(code(() => route.request([deleteAddress(address)]))).toBe("EADDRNOTAVAIL");
	const unreachable = { destination: new Uint8Array(0), prefixLength: 0, gateway: Uint8Array.of(9, 9, 9, 9) };
	expect(() => route.request([addRoute(unreachable)])).toThrow(
		"netlink RTM_NEWROUTE default (Nexthop has invalid gateway): ENETUNREACH",
	);
	const pair = { host: { name: "veth0" }, peer: { name: "eth0", namespaceFd: 99_999 } };
	expect(code(() => route.request([createVethPair(pair)]))).toBe("EBADF");
});

test("a message after a failed one is carried out, and the first failure is reported", () => {
	expect(() =>
		route.request([deleteLink("first"), createBridge({ name: "br0" }), deleteLink("second")]),
	).toThrow("RTM_DELLINK first: ENODEV");
	expect(find(route, "br0").name).toBe("br0");
});

test("the pool's thread works in the socket's namespace, with the same answers", async () => {
	await route.requestInBackground([createBridge({ name: "br0" })]);
	expect(find(route, "br0").kind).toBe("bridge");
	expect(await route.requestInBackground([createBridge({ name: "br0" })]).catch((error) => error.code)).toBe(
		"EEXIST",
	);
	expect(await route.requestInBackground([])).toEqual([]);
});

test("a dump of many links is complete", () => {
	const names = Array.from({ length: 80 }, (_, number) => `br${number}`);
	route.request(names.map((name) => createBridge({ name })));
	const found = new Set(route.dump(getLink()).map((answer) => decodeLink(answer).name));
	expect(names.filter((name) => !found.has(name))).toEqual([]);
});

test("a network setting is written in the namespace, not in the host's", () => {
	const setting = "net/ipv4/conf/lo/arp_ignore";
	const read = () => readFileSync(`/proc/sys/${setting}`, "utf8").trim();
	const before = read();
	expect(writeSysctl(setting, "3", left)).toBe(true);
	expect(inNetworkNamespace(left, read)).toBe("3");
	expect(read()).toBe(before);
	expect(writeSysctl("net/ipv4/conf/lo/no_such_setting", "1", left)).toBe(false);
});

test("sockets leave no descriptor behind, also when they cannot be opened", () => {
	const before = readdirSync("/proc/self/fd").length;
	for (let round = 0; round < 20; round++) {
		using socket = openRouteSocket(right);
		socket.dump(getLink());
	}
	expect(() => openRouteSocket(0)).toThrow("EINVAL");
	expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before);
});
