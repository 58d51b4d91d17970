import { connect } from "node:net";
import { check, errno, FFIType, openLibc, SystemError } from "../libc.ts";
import { decodeMessages, type ReceivedMessage } from "./message.ts";

const { i32, u32, ptr } = FFIType;
const libc = openLibc({
	socket: { args: [i32, i32, i32], returns: i32 },
	bind: { args: [i32, ptr, u32], returns: i32 },
	close: { args: [i32], returns: i32 },
});

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000;
const SOCKADDR_BYTES = 12;

/** Who tells what: the netlink family, and its multicast group. */
const sources = {
	/** NETLINK_ROUTE, RTNLGRP_LINK: links that come, go and change. */
	links: { protocol: 0, group: 1 },
	/** NETLINK_NETFILTER, NFNLGRP_NFTABLES: every change of nftables' rules. */
	firewall: { protocol: 12, group: 7 },
} as const;

/**
 * Tells what the kernel says about changes in the caller's network namespace, whoever makes them, until it is disposed.
 * `lost`: there was more than the socket's queue takes, so anything may have changed. It does not keep the process
 * alive.
 */
export function watchKernel(
	source: keyof typeof sources,
	tell: (news: readonly ReceivedMessage[] | "lost") => void,
): Disposable {
	let disposed = false;
	let current = listen();
	function listen() {
		// Bun's own option: it reads any descriptor that can be polled. See stream-socket.ts.
		const socket = connect({ fd: subscribe(source) } as unknown as { path: string });
		socket.on("data", (datagram: Buffer) => tell(decodeMessages(datagram)));
		// ENOBUFS, after which nothing is read any more.
		socket.on("error", () => {});
		socket.on("close", () => {
			if (disposed) return;
			current = listen();
			tell("lost");
		});
		socket.unref();
		return socket;
	}
	return {
		[Symbol.dispose]() {
			disposed = true;
			current.destroy();
		},
	};
}

function subscribe(source: keyof typeof sources): number {
	const { protocol, group } = sources[source];
	const fd = check(
		libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, protocol),
		"socket",
		`netlink ${source}`,
	);
	const address = Buffer.alloc(SOCKADDR_BYTES);
	address.writeUInt16LE(AF_NETLINK, 0);
	address.writeUInt32LE(1 << (group - 1), 8);
	if (libc.bind(fd, address, address.length) >= 0) return fd;
	const error = new SystemError("bind", errno(), `netlink ${source}`);
	libc.close(fd);
	throw error;
}
