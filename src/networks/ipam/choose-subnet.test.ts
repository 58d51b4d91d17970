import { expect, test } from "bun:test";
import { parseAddress } from "./address.ts";
import { chooseSubnet, defaultSubnets, uniqueLocalSubnets } from "./choose-subnet.ts";
import { formatSubnet, parseSubnet, subnetContains, subnetsOverlap } from "./subnet.ts";

const choose = (...inUse: string[]) =>
	formatSubnet(
		chooseSubnet(
			4,
			defaultSubnets(),
			inUse.map((text) => parseSubnet(text)!),
		),
	);

test("the first pool that the host has no route into is chosen", () => {
	expect(choose()).toBe("172.17.0.0/16");
	expect(choose("172.17.4.0/24", "fd00::/8")).toBe("172.18.0.0/16");
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

test("each engine has unique local subnets of its own", () => {
	const [first, second] = uniqueLocalSubnets("one");
	const [other] = uniqueLocalSubnets("two");
	expect(formatSubnet(first!)).toMatch(/^fd[0-9a-f]{2}:[0-9a-f:]+::\/64$/);
	expect(subnetsOverlap(first!, second!)).toBe(false);
	expect(subnetsOverlap(first!, other!)).toBe(false);
	expect(subnetContains(parseSubnet("fd00::/8")!, parseAddress(formatSubnet(first!).split("/")[0]!)!)).toBe(
		true,
	);
	expect(chooseSubnet(6, uniqueLocalSubnets("one"), [first!])).toEqual(second!);
});
