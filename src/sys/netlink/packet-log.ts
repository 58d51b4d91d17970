import { connect } from "node:net";
import { check, errno, FFIType, openLibc, SystemError } from "../libc.ts";
import {
	bytes,
	decodeAttributes,
	decodeMessages,
	decodeText,
	encodeMessages,
	type Message,
	NLM_F_ACK,
	NLM_F_REQUEST,
	NLMSG_ERROR,
	type ReceivedMessage,
} from "./message.ts";

const { i32, u32, u64, ptr, i64_fast } = FFIType;
const libc = openLibc({
	socket: { args: [i32, i32, i32], returns: i32 },
	bind: { args: [i32, ptr, u32], returns: i32 },
	send: { args: [i32, ptr, u64, i32], returns: i64_fast },
	recv: { args: [i32, ptr, u64, i32], returns: i64_fast },
	close: { args: [i32], returns: i32 },
});

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000;
const NETLINK_NETFILTER = 12;
const SOCKADDR_BYTES = 12;
/** Of `linux/netfilter/nfnetlink_log.h`. */
const NFNL_SUBSYS_ULOG = 4;
const NFULNL_MSG_PACKET = 0;
const NFULNL_MSG_CONFIG = 1;
const NFULA_CFG_CMD = 1;
const NFULA_CFG_MODE = 2;
const NFULA_CFG_QTHRESH = 5;
const NFULA_PAYLOAD = 9;
const NFULA_PREFIX = 10;
const BIND = 1;
const COPY_PACKET = 2;
const COPY_BYTES = 128;
const NFGENMSG_BYTES = 4;

/** A packet that a rule with `log group` has seen. */
export interface LoggedPacket {
	/** What the rule says. */
	readonly prefix: string;
	/** From the header of the network layer on, at most 128 bytes. */
	readonly bytes: Buffer;
}

/**
 * Tells of packets that the firewall logs to a netlink group (NFLOG) in the caller's network namespace, until it is
 * disposed. Packets that come faster than they are read are lost. It does not keep the process alive. Errors:
 * SystemError, EBUSY when another program listens to the group.
 */
export function watchPacketLog(group: number, tell: (packets: readonly LoggedPacket[]) => void): Disposable {
	let disposed = false;
	let current = listen();
	function listen() {
		// Bun's own option; see events.ts.
		const socket = connect({ fd: subscribe(group) } as unknown as { path: string });
		socket.on("data", (datagram: Buffer) => tell(decodeMessages(datagram).flatMap(packetOf)));
		// ENOBUFS, after which nothing is read any more.
		socket.on("error", () => {});
		socket.on("close", () => {
			if (!disposed) current = listen();
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

function packetOf({ type, payload }: ReceivedMessage): LoggedPacket[] {
	if (type !== ((NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET)) return [];
	const attributes = decodeAttributes(payload.subarray(NFGENMSG_BYTES));
	const packet = attributes.get(NFULA_PAYLOAD);
	const prefix = attributes.get(NFULA_PREFIX);
	if (packet === undefined) return [];
	return [{ prefix: prefix === undefined ? "" : decodeText(prefix), bytes: packet }];
}

function subscribe(group: number): number {
	const what = `netlink packet log ${group}`;
	const fd = check(libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, NETLINK_NETFILTER), "socket", what);
	try {
		const address = Buffer.alloc(SOCKADDR_BYTES);
		address.writeUInt16LE(AF_NETLINK, 0);
		check(libc.bind(fd, address, address.length), "bind", what);
		for (const message of configuration(group, what)) configure(fd, message);
	} catch (error) {
		libc.close(fd);
		throw error;
	}
	return fd;
}

/** Each packet is told at once, and not when some have come together. */
function configuration(group: number, what: string): Message[] {
	const header = Buffer.alloc(NFGENMSG_BYTES);
	header.writeUInt16BE(group, 2);
	const mode = Buffer.alloc(6);
	mode.writeUInt32BE(COPY_BYTES, 0);
	mode.writeUInt8(COPY_PACKET, 4);
	const threshold = Buffer.alloc(4);
	threshold.writeUInt32BE(1, 0);
	const attributes = [
		bytes(NFULA_CFG_CMD, Uint8Array.of(BIND)),
		bytes(NFULA_CFG_MODE, mode),
		bytes(NFULA_CFG_QTHRESH, threshold),
	];
	const type = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG;
	const flags = NLM_F_REQUEST | NLM_F_ACK;
	return attributes.map((attribute) => ({ type, flags, header, attributes: [attribute], what }));
}

/** The kernel has answered when send(2) returns; packets may come before the answer to a later message. */
function configure(fd: number, message: Message): void {
	const request = encodeMessages([message], 1);
	check(Number(libc.send(fd, request, request.length, 0)), "send", message.what);
	const answer = Buffer.alloc(8192);
	for (;;) {
		const length = Number(libc.recv(fd, answer, answer.length, 0));
		if (length < 0) throw new SystemError("recv", errno(), message.what);
		for (const { type, payload } of decodeMessages(answer.subarray(0, length))) {
			if (type !== NLMSG_ERROR) continue;
			const code = payload.readInt32LE(0);
			if (code < 0) throw new SystemError("bind", -code, message.what);
			return;
		}
	}
}
