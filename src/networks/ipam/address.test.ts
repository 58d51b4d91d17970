import { expect, test } from "bun:test";
import { addressBytes, addressFromBytes, formatAddress, parseAddress } from "./address.ts";
import {
	addressAt,
	formatSubnet,
	lastAddress,
	parseSubnet,
	subnetContains,
	subnetsOverlap,
} from "./subnet.ts";

const subnet = (text: string) => parseSubnet(text)!;
const canonical = (text: string) => formatAddress(parseAddress(text)!);

test("addresses there and back", () => {
	for (const text of [
		"0.0.0.0",
		"172.17.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"fd00::",
		"fe80::1:0:0:1",
		"1:2:3:4:5:6:7:8",
	])
		expect(canonical(text)).toBe(text);
	expect(canonical("FD00:0:0:1:0:0:0:A")).toBe("fd00:0:0:1::a");
	expect(canonical("::ffff:10.0.0.1")).toBe("::ffff:a00:1");
	expect(canonical("1::")).toBe("1::");
});

test("what is no address is refused", () => {
	const wrong = ["", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "a.b.c.d"];
	for (const text of [
		...wrong,
		":",
		":::",
		"1:2:3",
		"fe80::1%eth0",
		"g::1",
		"1::2::3",
		"::1/64",
		"12345::",
		"::1.2.3",
	])
		expect(parseAddress(text)).toBeUndefined();
});

test("bytes are in network order", () => {
	expect([...addressBytes(parseAddress("10.1.2.3")!)]).toEqual([10, 1, 2, 3]);
	expect([...addressBytes(parseAddress("fd00::2")!)]).toEqual([0xfd, ...Array(14).fill(0), 2]);
	for (const text of ["192.168.0.255", "fd00:1::ff"])
		expect(formatAddress(addressFromBytes(addressBytes(parseAddress(text)!)))).toBe(text);
});

test("host bits of a subnet are cleared", () => {
	expect(formatSubnet(subnet("10.9.0.5/24"))).toBe("10.9.0.0/24");
	expect(formatSubnet(subnet("fd00:1:2:3:4::5/48"))).toBe("fd00:1:2::/48");
	expect(formatSubnet(subnet("1.2.3.4/0"))).toBe("0.0.0.0/0");
	expect(formatSubnet(subnet("1.2.3.4/32"))).toBe("1.2.3.4/32");
	for (const text of [
		"10.0.0.0",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/024",
		"fd00::/129",
		"x/8",
		"fd00::/",
		"/8",
	])
		expect(parseSubnet(text)).toBeUndefined();
});

test("the last address", () => {
	expect(formatAddress(lastAddress(subnet("10.0.0.0/22")))).toBe("10.0.3.255");
	expect(formatAddress(lastAddress(subnet("fd00::/124")))).toBe("fd00::f");
	expect(formatAddress(addressAt(subnet("fd00::/64"), 17n))).toBe("fd00::11");
});

test("what is inside and what overlaps", () => {
	expect(subnetContains(subnet("10.1.0.0/16"), parseAddress("10.1.255.255")!)).toBe(true);
	expect(subnetContains(subnet("10.1.0.0/16"), parseAddress("10.2.0.0")!)).toBe(false);
	expect(subnetContains(subnet("::/0"), parseAddress("10.2.0.0")!)).toBe(false);
	expect(subnetsOverlap(subnet("10.0.0.0/8"), subnet("10.200.0.0/16"))).toBe(true);
	expect(subnetsOverlap(subnet("10.200.0.0/16"), subnet("10.0.0.0/8"))).toBe(true);
	expect(subnetsOverlap(subnet("10.0.0.0/9"), subnet("10.128.0.0/9"))).toBe(false);
	expect(subnetsOverlap(subnet("::/0"), subnet("0.0.0.0/0"))).toBe(false);
});
