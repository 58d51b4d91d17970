import { expect, test } from "bun:test";
import { parseEndpoint, parseNetwork } from "./records.ts";

const network = {
	id: "a",
	name: "bridge",
	driver: "bridge",
	createdAt: "2026-01-01T00:00:00Z",
	state: "ready",
	internal: false,
	attachable: false,
	enableIpv4: true,
	enableIpv6: false,
	labels: {},
	options: { a: "b" },
	ipamOptions: {},
	subnets: [{ subnet: "10.0.0.0/24", gateway: "10.0.0.1" }],
};
const endpoint = {
	id: "e",
	networkId: "a",
	networkName: "bridge",
	containerId: "c",
	macAddress: "",
	ipv4Address: "10.0.0.2",
	ipv4PrefixLength: 24,
	ipv4Gateway: "10.0.0.1",
	ipv6Address: "",
	ipv6PrefixLength: 0,
	ipv6Gateway: "",
	hostInterface: "veth0",
	interfaceName: "eth0",
	linkLocalAddresses: [],
	names: ["web"],
	gatewayPriority: 0,
	egress: "deny allow=10.0.0.0/8:443",
};

test("whole records pass as they are", () => {
	expect(parseNetwork(network) as unknown).toEqual(network);
	expect(parseEndpoint(endpoint) as unknown).toEqual(endpoint);
});

test("records of earlier versions get what they do not say", () => {
	const { state, attachable, enableIpv4, enableIpv6, ipamOptions, ...former } = network;
	expect(parseNetwork(former) as unknown).toEqual(network);
	const { interfaceName, linkLocalAddresses, names, gatewayPriority, egress, ...plain } = endpoint;
	expect(parseEndpoint(plain) as unknown).toEqual({ ...endpoint, names: [], egress: "" });
});

test("what is missing or of another type is named", () => {
	expect(() => parseNetwork({ ...network, driver: "moon" })).toThrow('driver is "moon"');
	expect(() => parseNetwork({ ...network, options: { a: 1 } })).toThrow("1 is not a string");
	expect(() => parseNetwork({ ...network, subnets: [{ subnet: 1 }] })).toThrow("subnet is not a string");
	expect(() => parseNetwork(null)).toThrow("an object was expected");
	expect(() => parseEndpoint({ ...endpoint, ipv4Address: undefined })).toThrow("ipv4Address is not a string");
	expect(() => parseEndpoint([])).toThrow("an object was expected");
});
