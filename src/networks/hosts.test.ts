import { expect, test } from "bun:test";
import { buildHosts, type HostsOptions } from "./hosts.ts";

const build = (options: Partial<HostsOptions> = {}) =>
	buildHosts({ hostname: "box", addresses: ["172.17.0.2"], extraHosts: [], ...options });
const lastLines = (text: string, count: number) => text.trimEnd().split("\n").slice(-count);

test("a plain container has Docker's local names and its own", () => {
	expect(build()).toBe(
		[
			"127.0.0.1\tlocalhost",
			"::1\tlocalhost ip6-localhost ip6-loopback",
			"fe00::0\tip6-localnet",
			"ff00::0\tip6-mcastprefix",
			"ff02::1\tip6-allnodes",
			"ff02::2\tip6-allrouters",
			"172.17.0.2\tbox",
			"",
		].join("\n"),
	);
});

test("extra hosts come before the own name, in all their forms", () => {
	const text = build({
		extraHosts: ["db:10.0.0.1", "web=10.0.0.2", "six:2001:db8::1", "seven:[::7]", "me:host-gateway"],
		hostGateway: "172.17.0.1",
	});
	expect(lastLines(text, 6)).toEqual([
		"10.0.0.1\tdb",
		"10.0.0.2\tweb",
		"2001:db8::1\tsix",
		"::7\tseven",
		"172.17.0.1\tme",
		"172.17.0.2\tbox",
	]);
});

test("a domain name makes a second name, as does a dot in the host name", () => {
	expect(lastLines(build({ domainname: "example.org" }), 1)).toEqual(["172.17.0.2\tbox.example.org box"]);
	expect(lastLines(build({ hostname: "box.example.org" }), 1)).toEqual(["172.17.0.2\tbox.example.org box"]);
});

test("linked containers are named", () => {
	const links = [{ address: "172.17.0.9", names: ["db", "3a1b", "postgres"] }];
	expect(lastLines(build({ links }), 2)).toEqual(["172.17.0.9\tdb 3a1b postgres", "172.17.0.2\tbox"]);
});

test("in the host's network the host's file is kept", () => {
	expect(build({ base: "127.0.0.1 localhost myhost\n\n", addresses: [], extraHosts: ["a:1.2.3.4"] })).toBe(
		"127.0.0.1 localhost myhost\n1.2.3.4\ta\n",
	);
});

test.each(["", "nothing", ":1.2.3.4", "a:", "a b:1.2.3.4"])("the extra host %p is refused", (entry) =>
	expect(() => build({ extraHosts: [entry] })).toThrow(`bad format for add-host: ${JSON.stringify(entry)}`),
);

test("an extra host needs an address that is one", () => {
	expect(() => build({ extraHosts: ["a:1.2.3"] })).toThrow('invalid IP address in add-host: "1.2.3"');
	expect(() => build({ extraHosts: ["a:1.2.3.4\n5.6.7.8 b"] })).toThrow("add-host");
	expect(() => build({ extraHosts: ["a:host-gateway"] })).toThrow(
		"unable to derive the IP value for host-gateway",
	);
});
