import { expect, test } from "bun:test";
import { findNetwork } from "./find-network.ts";

const network = (id: string, name: string) => ({
	id,
	name,
	driver: "bridge" as const,
	createdAt: "",
	state: "ready" as const,
	internal: false,
	attachable: false,
	enableIpv4: true,
	enableIpv6: false,
	ipamOptions: {},
	labels: {},
	options: {},
	subnets: [],
});
const networks = [network("abc1", "bridge"), network("abc2", "none"), network("fff0", "abc2")];

test("id goes before name, name before id prefix", () => {
	expect(findNetwork(networks, "bridge").id).toBe("abc1");
	expect(findNetwork(networks, "abc2").name).toBe("none");
	expect(findNetwork(networks, "ff").id).toBe("fff0");
});

test("what is not there or not clear is said so", () => {
	expect(() => findNetwork(networks, "xyz")).toThrow("network xyz not found");
	expect(() => findNetwork(networks, "")).toThrow("network  not found");
	expect(() => findNetwork(networks, "ab")).toThrow(
		"network ab is ambiguous (2 matches found based on ID prefix)",
	);
});
