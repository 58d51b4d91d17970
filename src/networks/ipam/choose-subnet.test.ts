import { expect, test } from "bun:test";
import { chooseSubnet, defaultSubnets } from "./choose-subnet.ts";
import { formatIpv4Subnet, parseIpv4Subnet, subnetsOverlap } from "./ipv4.ts";

const choose = (...inUse: string[]) =>
	formatIpv4Subnet(chooseSubnet(inUse.map((text) => parseIpv4Subnet(text)!)));

test("the first pool that the host has no route into is chosen", () => {
	expect(choose()).toBe("172.17.0.0/16");
	expect(choose("172.17.4.0/24")).toBe("172.18.0.0/16");
	expect(choose("172.16.0.0/14")).toBe("172.20.0.0/16");
	expect(choose("172.16.0.0/12")).toBe("192.168.0.0/20");
	expect(choose("172.16.0.0/12", "192.168.1.1/32")).toBe("192.168.16.0/20");
});

test("when every pool is hidden the error says so", () => {
	expect(() => choose("172.16.0.0/12", "192.168.0.0/16")).toThrow("non-overlapping IPv4 address pool");
});

test("the pools do not overlap each other", () => {
	const all = [...defaultSubnets()];
	expect(all.length).toBe(31);
	for (const [index, one] of all.entries())
		expect(all.slice(index + 1).some((other) => subnetsOverlap(one, other))).toBe(false);
});
