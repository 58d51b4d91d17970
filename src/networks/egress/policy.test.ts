import { expect, test } from "bun:test";
import { formatSubnet } from "../ipam/subnet.ts";
import { parseEgress } from "./policy.ts";

/** A rule as one text, for tests to compare. */
const read = (text: string) =>
	parseEgress(text)?.map(({ to, ports, protocol }) =>
		[
			to.kind === "name" ? to.pattern : formatSubnet(to.subnet),
			ports.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(","),
			protocol ?? "",
		].join(" "),
	);

test("names, addresses and subnets, with ports and protocols", () => {
	expect(read("allow=api.example.com")).toEqual(["api.example.com  "]);
	expect(read("allow=API.Example.com.:443/tcp")).toEqual(["api.example.com 443 tcp"]);
	expect(read("allow=*.debian.org:80,443/tcp allow=10.0.0.0/8:443")).toEqual([
		"*.debian.org 80,443 tcp",
		"10.0.0.0/8 443 ",
	]);
	expect(read("allow=10.1.2.3/8/udp")).toEqual(["10.0.0.0/8  udp"]);
	expect(read("allow=192.0.2.1/icmp")).toEqual(["192.0.2.1/32  icmp"]);
	expect(read("allow=[2001:db8::1]:443")).toEqual(["2001:db8::1/128 443 "]);
	expect(read("allow=[2001:db8::/32]:443/tcp allow=[::]/icmp")).toEqual([
		"2001:db8::/32 443 tcp",
		"::/128  icmp",
	]);
	expect(read("allow=2001:db8::1/udp allow=2001:db8::/32")).toEqual([
		"2001:db8::1/128  udp",
		"2001:db8::/32  ",
	]);
	expect(read("allow=localhost")).toEqual(["localhost  "]);
});

test("ports that meet are one range", () => {
	expect(read("allow=a.b:8000-8100,80,8050-8200,81")).toEqual(["a.b 80-81,8000-8200 "]);
});

test("any word denies the rest, and none is no policy", () => {
	expect(read("deny")).toEqual([]);
	expect(read("deny  allow=a.b\n")).toEqual(["a.b  "]);
	expect(parseEgress(" ")).toBeUndefined();
	expect(parseEgress("")).toBeUndefined();
});

test.each([
	"allow",
	"allow=",
	"allow=a.b:0",
	"allow=a.b:70000",
	"allow=a.b:9-8",
	"allow=a.b:80/sctp",
	"allow=a.b:80/icmp",
	"allow=a..b",
	"allow=*",
	"allow=*.*.b",
	"allow=a.*.b",
	"allow=-a.b",
	"allow=münchen.example",
	"allow=300.1.1.1",
	"allow=10.0.0.0/33",
	"allow=[10.0.0.0",
	"allow=2001:db8::1:443x",
	'allow=a.b"',
	"allow=a.b;flush",
	`allow=${"a".repeat(64)}.b`,
	"permit=a.b",
])("%s is refused by name", (word) => {
	expect(() => parseEgress(word)).toThrow(`invalid egress rule ${JSON.stringify(word)}`);
});

test("a policy has an end", () => {
	const rules = Array.from({ length: 65 }, (_, index) => `allow=a${index}.b`);
	expect(() => parseEgress(rules.join(" "))).toThrow("at most 64 rules");
	expect(parseEgress(rules.slice(1).join(" "))?.length).toBe(64);
});
