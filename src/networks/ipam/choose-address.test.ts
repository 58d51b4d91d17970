import { expect, test } from "bun:test";
import { formatAddress, parseAddress } from "./address.ts";
import { chooseAddress } from "./choose-address.ts";
import { parseSubnet } from "./subnet.ts";

const values = (texts: readonly string[]) => new Set(texts.map((text) => parseAddress(text)!.value));
const pool = (taken: readonly string[], subnet = "10.1.0.0/29", reserved = ["10.1.0.1"]) => ({
	networkName: "bridge (abc)",
	subnet: parseSubnet(subnet)!,
	reserved: values(reserved),
	taken: values(taken),
});

const choose = (taken: string[], requested?: string) => formatAddress(chooseAddress(pool(taken), requested));

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
	expect(() => choose([], "fd00::2")).toThrow("invalid IPv4 address: fd00::2");
});

test("a subnet of two addresses has none to give", () => {
	expect(() => chooseAddress(pool([], "10.1.0.0/31"))).toThrow("no available IPv4 addresses");
});

test("IPv6 has no broadcast address", () => {
	const six = pool(["fd00::2"], "fd00::/126", ["fd00::1"]);
	expect(formatAddress(chooseAddress(six))).toBe("fd00::3");
	expect(formatAddress(chooseAddress(six, "FD00:0::3"))).toBe("fd00::3");
	expect(() => chooseAddress(six, "fd00::")).toThrow("invalid address fd00::: It does not belong");
	expect(() => chooseAddress(pool(["fd00::2", "fd00::3"], "fd00::/126", ["fd00::1"]))).toThrow(
		"no available IPv6 addresses",
	);
});

test("an address that nobody asked for is of the range; others of the subnet can be asked for", () => {
	const ranged = { ...pool(["10.1.0.4"]), range: parseSubnet("10.1.0.4/31")! };
	expect(formatAddress(chooseAddress(ranged))).toBe("10.1.0.5");
	expect(formatAddress(chooseAddress(ranged, "10.1.0.2"))).toBe("10.1.0.2");
	expect(() => chooseAddress({ ...ranged, taken: values(["10.1.0.4", "10.1.0.5"]) })).toThrow(
		"no available IPv4",
	);
});

test("an address far into a large subnet is found at once when those before it are few", () => {
	expect(formatAddress(chooseAddress(pool(["fd00::1"], "fd00::/16", [])))).toBe("fd00::2");
});
