import { expect, test } from "bun:test";
import { closeSync, readdirSync, readlinkSync } from "node:fs";
import { inNetworkNamespace } from "./enter-netns.ts";
import { decodeLink, getLink } from "./netlink/link.ts";
import { openRouteSocket } from "./netlink/socket.ts";
import { createNetworkNamespace } from "./netns.ts";

const currentNamespace = () => readlinkSync("/proc/thread-self/ns/net");

test("a new network namespace has only lo, up, and the thread stays where it was", () => {
	const before = currentNamespace();
	const fd = createNetworkNamespace();
	try {
		expect(currentNamespace()).toBe(before);
		expect(readlinkSync(`/proc/self/fd/${fd}`)).not.toBe(before);
		using route = openRouteSocket(fd);
		const links = route.dump(getLink()).map(decodeLink);
		expect(links).toMatchObject([{ index: 1, name: "lo", up: true }]);
	} finally {
		closeSync(fd);
	}
});

test("the thread comes back when the body throws", () => {
	const before = currentNamespace();
	const fd = createNetworkNamespace();
	try {
		expect(() =>
			inNetworkNamespace(fd, () => {
				throw new Error(currentNamespace());
			}),
		).toThrow(readlinkSync(`/proc/self/fd/${fd}`));
		expect(currentNamespace()).toBe(before);
	} finally {
		closeSync(fd);
	}
});

test("entering something that is no namespace fails with EINVAL and leaks no descriptor", () => {
	const before = readdirSync("/proc/self/fd").length;
	expect(() => inNetworkNamespace(0, () => 1)).toThrow("setns fd 0: EINVAL");
	expect(() => inNetworkNamespace(99_999, () => 1)).toThrow("EBADF");
	expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before);
});
