import { write } from "node:fs";
import { promisify } from "node:util";
import { inNetworkNamespace } from "../enter-netns.ts";
import { check, errno, FFIType, openLibc, SystemError } from "../libc.ts";
import {
	decodeAttributes,
	decodeMessages,
	decodeText,
	encodeMessages,
	type Message,
	NLM_F_ACK,
	NLM_F_REQUEST,
	NLM_F_ROOT_MATCH,
	NLMSG_DONE,
	NLMSG_ERROR,
	type ReceivedMessage,
} from "./message.ts";

const libc = openLibc({
	socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
	setsockopt: {
		args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32],
		returns: FFIType.i32,
	},
	send: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64_fast },
	recv: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64_fast },
	close: { args: [FFIType.i32], returns: FFIType.i32 },
});

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_DONTWAIT = 0x40;
const EINTR = 4;
const NLMSGERR_ATTR_MSG = 1;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;

/** A netlink socket that is not connected writes to the kernel, so the pool's write(2) is a send. */
const writeInPool = promisify(write) as (fd: number, datagram: Uint8Array) => Promise<unknown>;

/** Received datagrams are at most 32 KiB: the kernel never makes a larger dump part for a reader of this size. */
const RECEIVE_BYTES = 32768;

/** A request that the kernel refused; `detail` is its own explanation, where it gave one. */
export class NetlinkError extends SystemError {
	readonly detail: string;

	constructor(what: string, number: number, detail: string) {
		super("netlink", number, detail === "" ? what : `${what} (${detail})`);
		this.name = "NetlinkError";
		this.detail = detail;
	}
}

/** A conversation with rtnetlink in the network namespace in which it was opened. Every call is synchronous. */
export interface RouteSocket extends Disposable {
	/**
	 * Sends all messages in one system call and reads their answers. The kernel carries out every message, also after
	 * one that failed; the first failure is thrown, as a {@link NetlinkError}. Gives the answers that were not bare
	 * acknowledgements, in order.
	 */
	request(messages: readonly Message[]): ReceivedMessage[];
	/**
	 * As {@link request}, with the kernel's work done on a thread of the pool: for what takes the kernel long (deleting
	 * a link 30 ms) or may wait for its network lock. One at a time on a socket.
	 */
	requestInBackground(messages: readonly Message[]): Promise<ReceivedMessage[]>;
	/** All objects that match a `RTM_GET…` message. Starts again when they changed meanwhile. */
	dump(message: Message): ReceivedMessage[];
}

/** Opens a socket in a network namespace, or in the caller's own. */
export function openRouteSocket(namespaceFd?: number): RouteSocket {
	if (namespaceFd === undefined) return openRouteSocketHere();
	return inNetworkNamespace(namespaceFd, openRouteSocketHere);
}

export function openRouteSocketHere(): RouteSocket {
	const fd = check(libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE), "socket", "NETLINK_ROUTE");
	const one = Uint8Array.of(1, 0, 0, 0);
	for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) {
		if (libc.setsockopt(fd, SOL_NETLINK, option, one, 4) >= 0) continue;
		const error = new SystemError("setsockopt", errno(), `netlink option ${option}`);
		libc.close(fd);
		throw error;
	}
	return routeSocket(fd);
}

function routeSocket(fd: number): RouteSocket {
	const buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
	let nextSequence = 1;
	let open = true;
	return {
		request(messages) {
			if (messages.length === 0) return [];
			const first = nextSequence;
			nextSequence += messages.length;
			send(fd, withFlags(messages, NLM_F_REQUEST | NLM_F_ACK), first);
			return readAcknowledgements(fd, buffer, { messages, first });
		},
		async requestInBackground(messages) {
			if (messages.length === 0) return [];
			const first = nextSequence;
			nextSequence += messages.length;
			const datagram = encodeMessages(withFlags(messages, NLM_F_REQUEST | NLM_F_ACK), first);
			await writeInPool(fd, datagram);
			return readAcknowledgements(fd, buffer, { messages, first });
		},
		dump(message) {
			for (;;) {
				const sequence = nextSequence++;
				send(fd, withFlags([message], NLM_F_REQUEST | NLM_F_ROOT_MATCH), sequence);
				const found = readDump(fd, buffer, { message, sequence });
				if (found !== "interrupted") return found;
			}
		},
		[Symbol.dispose]() {
			if (open) libc.close(fd);
			open = false;
		},
	};
}

function withFlags(messages: readonly Message[], flags: number): Message[] {
	return messages.map((message) => ({ ...message, flags: message.flags | flags }));
}

function send(fd: number, messages: readonly Message[], firstSequence: number): void {
	const datagram = encodeMessages(messages, firstSequence);
	check(Number(libc.send(fd, datagram, datagram.length, 0)), "send", messages[0]!.what);
}

function readAcknowledgements(
	fd: number,
	buffer: Buffer,
	sent: { messages: readonly Message[]; first: number },
): ReceivedMessage[] {
	const answers: ReceivedMessage[] = [];
	let failure: NetlinkError | undefined;
	for (let missing = sent.messages.length; missing > 0; ) {
		for (const received of receive(fd, buffer, sent.messages[0]!.what)) {
			const index = received.sequence - sent.first;
			const message = sent.messages[index];
			// Left over from an earlier request that gave up.
			if (message === undefined) continue;
			if (received.type !== NLMSG_ERROR) {
				answers.push(received);
				continue;
			}
			missing--;
			failure ??= failureOf(received, message.what);
		}
	}
	if (failure !== undefined) throw failure;
	return answers;
}

function readDump(
	fd: number,
	buffer: Buffer,
	sent: { message: Message; sequence: number },
): ReceivedMessage[] | "interrupted" {
	const NLM_F_DUMP_INTR = 0x10;
	const found: ReceivedMessage[] = [];
	let interrupted = false;
	for (;;) {
		for (const received of receive(fd, buffer, sent.message.what)) {
			if (received.sequence !== sent.sequence) continue;
			if ((received.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
			if (received.type === NLMSG_ERROR || received.type === NLMSG_DONE) {
				const failure = failureOf(received, sent.message.what);
				if (failure !== undefined) throw failure;
				return interrupted ? "interrupted" : found;
			}
			found.push(received);
		}
	}
}

/**
 * The kernel answers within send(2) and goes on with a dump within recv(2), so there is always something to read: an
 * empty queue means a lost answer, which must be an error and not a daemon that waits for ever.
 */
function receive(fd: number, buffer: Buffer, what: string): ReceivedMessage[] {
	for (;;) {
		const length = Number(libc.recv(fd, buffer, buffer.length, MSG_DONTWAIT));
		if (length >= 0) return decodeMessages(Buffer.from(buffer.subarray(0, length)));
		const number = errno();
		if (number !== EINTR) throw new SystemError("recv", number, what);
	}
}

/** NLMSG_ERROR and NLMSG_DONE start with an errno; 0 is success. */
function failureOf(received: ReceivedMessage, what: string): NetlinkError | undefined {
	const code = received.payload.length >= 4 ? received.payload.readInt32LE(0) : 0;
	if (code >= 0) return undefined;
	return new NetlinkError(what, -code, explanation(received));
}

function explanation(received: ReceivedMessage): string {
	if (received.type !== NLMSG_ERROR || (received.flags & NLM_F_ACK_TLVS) === 0) return "";
	const requestBytes = (received.flags & NLM_F_CAPPED) !== 0 ? 16 : received.payload.readUInt32LE(4);
	const message = decodeAttributes(received.payload.subarray(4 + requestBytes)).get(NLMSGERR_ATTR_MSG);
	return message === undefined ? "" : decodeText(message);
}
