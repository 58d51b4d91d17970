import { expect, test } from "bun:test";
import type { Endpoint, NetworkRecord } from "../contract.ts";
import { containerOrder, endpointOrder } from "./orders.ts";

const endpoint = {
	networkId: "n1",
	containerId: "c1",
	ipv4Address: "10.0.0.2",
	ipv6Address: "",
	names: ["web", "a b", "", "x=y", "tab\t", "grün"],
	gatewayPriority: 3,
} as unknown as Endpoint;
const served = {
	containerId: "c1",
	servers: [],
	links: [
		{ name: "cache", containerId: "c3" },
		{ name: "d b", containerId: "c3" },
	],
};
const network = { id: "n1", name: "front", driver: "bridge", internal: false } as NetworkRecord;

test("an endpoint is told with all that can be asked for", () => {
	expect(endpointOrder(endpoint, network, served)).toBe(
		"endpoint n1 front open c1 3 10.0.0.2 - web grün cache=c3\n",
	);
});

test("a network whose name is no word goes by its id", () => {
	const odd = { ...network, name: "my net", internal: true };
	expect(endpointOrder({ ...endpoint, names: [] }, odd, undefined)).toBe(
		"endpoint n1 n1 internal c1 3 10.0.0.2 -\n",
	);
});

test("on the default bridge nobody has a name; host and none are not told", () => {
	expect(endpointOrder(endpoint, { ...network, name: "bridge" }, served)).toBe(
		"endpoint n1 bridge open c1 3 10.0.0.2 -\n",
	);
	expect(endpointOrder(endpoint, { ...network, driver: "host" }, served)).toBe("");
});

test("no server can add a line", () => {
	expect(containerOrder({ containerId: "c1", servers: ["1.1.1.1", "x\nstop"] })).toBe(
		"container c1 1.1.1.1\n",
	);
});
