import { expect, test } from "bun:test";
import { chooseAddress } from "./choose-address.ts";
import { formatIpv4, parseIpv4, parseIpv4Subnet } from "./ipv4.ts";

const pool = (taken: string[]) => ({
	networkName: "bridge (abc)",
	subnet: parseIpv4Subnet("10.1.0.0/29")!,
	gateway: parseIpv4("10.1.0.1")!,
	taken: new Set(taken.map((text) => parseIpv4(text)!)),
});

const choose = (taken: string[], requested?: string) => formatIpv4(chooseAddress(pool(taken), requested));

test("the lowest free address is taken, never the network's, the gateway's or the broadcast address", () => {
	const all = ["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6"];
	for (let used = 0; used < all.length; used++) expect(choose(all.slice(0, used))).toBe(all[used]!);
	expect(choose(["10.1.0.2", "10.1.0.4"])).toBe("10.1.0.3");
	expect(() => choose(all)).toThrow(
		"no available IPv4 addresses on this network's address pools: bridge (abc)",
	);
});

test("a requested address is given when it is of the subnet and free", () => {
	expect(choose([], "10.1.0.6")).toBe("10.1.0.6");
	for (const address of ["10.1.0.0", "10.1.0.7", "10.1.0.8", "172.17.0.2"])
		expect(() => choose([], address)).toThrow(
			`invalid address ${address}: It does not belong to any of this network's subnets`,
		);
	expect(() => choose(["10.1.0.2"], "10.1.0.2")).toThrow("Address already in use");
	expect(() => choose([], "10.1.0.1")).toThrow("Address already in use");
	expect(() => choose([], "10.1")).toThrow("invalid IPv4 address: 10.1");
});

test("a subnet of two addresses has none to give", () => {
	const tiny = { ...pool([]), subnet: parseIpv4Subnet("10.1.0.0/31")! };
	expect(() => chooseAddress(tiny)).toThrow("no available IPv4 addresses");
});
