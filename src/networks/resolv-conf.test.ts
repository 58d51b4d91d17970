import { expect, test } from "bun:test";
import { buildResolvConf } from "./resolv-conf.ts";

const build = (host: string, options: Partial<Parameters<typeof buildResolvConf>[1]> = {}) =>
	buildResolvConf(host, { dns: [], search: [], options: [], ...options });

test("the host's servers, domains and options are taken over", () => {
	const host =
		"# made by hand\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nsearch a.example b.example\noptions ndots:2 rotate\n";
	expect(build(host)).toBe(
		"nameserver 10.0.0.2\nnameserver 10.0.0.3\nsearch a.example b.example\noptions ndots:2 rotate\n",
	);
});

test("servers that a container cannot reach are left out", () => {
	const host =
		"nameserver 127.0.0.1\nnameserver ::1\nnameserver fe80::1%eth0\nnameserver 2001:db8::1\nnameserver 169.254.169.253\n";
	expect(build(host)).toBe("nameserver 169.254.169.253\n");
});

test("public servers stand in when none remains", () => {
	const expected = "nameserver 8.8.8.8\nnameserver 8.8.4.4\n";
	expect(build("")).toBe(expected);
	expect(build("nameserver 127.0.0.53\n; nameserver 10.0.0.2\n")).toBe(expected);
	expect(build("nameserver\n")).toBe(expected);
});

test("--dns, --dns-search and --dns-option each replace their part only", () => {
	const host = "nameserver 10.0.0.2\nsearch host.example\noptions ndots:2\n";
	expect(build(host, { dns: ["1.1.1.1", "127.0.0.1"] })).toBe(
		"nameserver 1.1.1.1\nnameserver 127.0.0.1\nsearch host.example\noptions ndots:2\n",
	);
	expect(build(host, { search: ["x.example"] })).toBe(
		"nameserver 10.0.0.2\nsearch x.example\noptions ndots:2\n",
	);
	expect(build(host, { options: ["timeout:1"] })).toBe(
		"nameserver 10.0.0.2\nsearch host.example\noptions timeout:1\n",
	);
});

test("a search domain of a single dot means none", () => {
	expect(build("nameserver 10.0.0.2\nsearch host.example\n", { search: ["."] })).toBe(
		"nameserver 10.0.0.2\n",
	);
});

test("the last of search and domain counts, as for the resolver", () => {
	const host = "domain old.example\nnameserver 10.0.0.2\nsearch new.example\n";
	expect(build(host)).toBe("nameserver 10.0.0.2\nsearch new.example\n");
});

test("with the host's network the host's servers stay as they are", () => {
	expect(build("nameserver 127.0.0.53\nnameserver ::1\n", { hostNetwork: true })).toBe(
		"nameserver 127.0.0.53\nnameserver ::1\n",
	);
});

test("with the engine's name server it is the only one, and names without a dot come first", () => {
	const host = "nameserver 10.0.0.2\nsearch host.example\noptions rotate\n";
	expect(build(host, { nameServer: true, dns: ["1.1.1.1"] })).toBe(
		"nameserver 127.0.0.11\nsearch host.example\noptions rotate ndots:0\n",
	);
	expect(build(host, { nameServer: true, options: ["ndots:2"] })).toBe(
		"nameserver 127.0.0.11\nsearch host.example\noptions ndots:2\n",
	);
	expect(build("", { nameServer: true })).toBe("nameserver 127.0.0.11\noptions ndots:0\n");
});
