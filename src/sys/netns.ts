import { closeSync } from "node:fs";
import { inNewNetworkNamespace, openCurrentNetworkNamespace } from "./enter-netns.ts";
import { LOOPBACK_INDEX, setLink } from "./netlink/link.ts";
import { openRouteSocket, openRouteSocketHere } from "./netlink/socket.ts";

/**
 * Makes a network namespace in which only `lo` is, up, and gives a close-on-exec descriptor of it. The namespace lives
 * as long as a descriptor or a process holds it; the caller closes the descriptor.
 */
export function createNetworkNamespace(): number {
	const { fd, socket } = inNewNetworkNamespace(() => ({
		fd: openCurrentNetworkNamespace(),
		socket: openRouteSocketHere(),
	}));
	using route = socket;
	try {
		route.request([setLink({ index: LOOPBACK_INDEX, up: true })]);
	} catch (error) {
		closeSync(fd);
		throw error;
	}
	return fd;
}

/** A network namespace that was made elsewhere: its `lo` is down. */
export function bringUpLoopback(fd: number): void {
	using route = openRouteSocket(fd);
	route.request([setLink({ index: LOOPBACK_INDEX, up: true })]);
}
