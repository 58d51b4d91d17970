import { expect, test } from "bun:test";
import {
	broadcastOf,
	formatIpv4,
	formatIpv4Subnet,
	ipv4Bytes,
	ipv4FromBytes,
	parseIpv4,
	parseIpv4Subnet,
	subnetContains,
	subnetsOverlap,
} from "./ipv4.ts";

test("addresses go to numbers, bytes and back", () => {
	for (const text of ["0.0.0.0", "10.0.0.1", "172.17.255.254", "255.255.255.255"]) {
		const address = parseIpv4(text)!;
		expect(formatIpv4(address)).toBe(text);
		expect(formatIpv4(ipv4FromBytes(ipv4Bytes(address)))).toBe(text);
	}
});

test.each(["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.-4", "1.2.3.4 ", "a.b.c.d", "::1"])(
	"%p is no address",
	(text) => expect(parseIpv4(text)).toBeUndefined(),
);

test("subnets lose their host bits", () => {
	expect(formatIpv4Subnet(parseIpv4Subnet("172.17.3.4/16")!)).toBe("172.17.0.0/16");
	expect(formatIpv4Subnet(parseIpv4Subnet("1.2.3.4/0")!)).toBe("0.0.0.0/0");
	expect(formatIpv4Subnet(parseIpv4Subnet("192.168.1.7/32")!)).toBe("192.168.1.7/32");
	for (const text of ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "10.0.0.0/08"])
		expect(parseIpv4Subnet(text)).toBeUndefined();
});

test("broadcast, membership and overlap also hold above 128.0.0.0", () => {
	const subnet = parseIpv4Subnet("192.168.16.0/20")!;
	expect(formatIpv4(broadcastOf(subnet))).toBe("192.168.31.255");
	expect(subnetContains(subnet, parseIpv4("192.168.31.255")!)).toBe(true);
	expect(subnetContains(subnet, parseIpv4("192.168.32.0")!)).toBe(false);
	expect(subnetsOverlap(subnet, parseIpv4Subnet("192.168.0.0/16")!)).toBe(true);
	expect(subnetsOverlap(subnet, parseIpv4Subnet("192.168.20.0/24")!)).toBe(true);
	expect(subnetsOverlap(subnet, parseIpv4Subnet("192.168.32.0/20")!)).toBe(false);
	expect(subnetsOverlap(subnet, parseIpv4Subnet("0.0.0.0/0")!)).toBe(true);
});
