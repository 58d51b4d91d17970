import { expect, test } from "bun:test";
import { closeSync } from "node:fs";
import { decodeLink, getLink } from "./netlink/link.ts";
import { openRouteSocket } from "./netlink/socket.ts";
import { createTap } from "./tap.ts";

function linkNames(): Map<string, string> {
	using route = openRouteSocket();
	return new Map(
		route
			.dump(getLink())
			.map(decodeLink)
			.map(({ name, kind }) => [name, kind]),
	);
}

test("a tap is there as long as its descriptor", () => {
	const name = `hvtest${process.pid % 100_000}`;
	const fd = createTap(name);
	expect(linkNames().get(name)).toBe("tun");
	expect(() => createTap(name)).toThrow("EBUSY");
	closeSync(fd);
	expect(linkNames().has(name)).toBe(false);
});

test("a name that the kernel would cut is refused", () => {
	expect(() => createTap("hv01234567890123")).toThrow("at most 15 bytes");
});
