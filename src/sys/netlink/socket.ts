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
const NETLINK_NETFILTER = 12;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_DONTWAIT = 0x40;
const EINTR = 4;
const NLMSGERR_ATTR_MSG = 1;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLM_F_DUMP_INTR = 0x10;

/** A netlink socket that is not connected writes to the kernel, so the pool's write(2) is a send. */
const writeInPool = promisify(write) as (fd: number, datagram: Uint8Array) => Promise<unknown>;

/** Received datagrams are at most 32 KiB: the kernel never makes a larger dump part for a reader of this size. */
const RECEIVE_BYTES = 32768;

/** An acknowledgement takes up to 1 KiB of the socket's queue, which by default holds 208 KiB. */
const BATCH_MESSAGES = 64;

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
	 * Sends the messages, up to 64 in one system call, and reads their answers. The kernel carries out every message, also after
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
	return openSocket(NETLINK_ROUTE, "NETLINK_ROUTE");
}

/** The same conversation with the firewall and connection tracking, in the caller's network namespace. */
export function openFirewallSocket(): RouteSocket {
	return openSocket(NETLINK_NETFILTER, "NETLINK_NETFILTER");
}

function openSocket(protocol: number, name: string): RouteSocket {
	const fd = check(libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol), "socket", name);
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
	const conversation = { fd, buffer: Buffer.allocUnsafeSlow(RECEIVE_BYTES), nextSequence: 1 };
	let open = true;
	return {
		request(messages) {
			const outcome = emptyOutcome();
			for (const batch of batches(conversation, messages)) {
				check(
					Number(libc.send(fd, batch.datagram, batch.datagram.length, 0)),
					"send",
					batch.messages[0]!.what,
				);
				readAcknowledgements(conversation, batch, outcome);
			}
			return answersOf(outcome);
		},
		async requestInBackground(messages) {
			const outcome = emptyOutcome();
			for (const batch of batches(conversation, messages)) {
				await writeInPool(fd, batch.datagram);
				readAcknowledgements(conversation, batch, outcome);
			}
			return answersOf(outcome);
		},
		dump(message) {
			for (;;) {
				const found = dumpOnce(conversation, message);
				if (found !== "interrupted") return found;
			}
		},
		[Symbol.dispose]() {
			if (open) libc.close(fd);
			open = false;
		},
	};
}

interface Conversation {
	readonly fd: number;
	readonly buffer: Buffer;
	nextSequence: number;
}

interface Batch {
	readonly messages: readonly Message[];
	readonly firstSequence: number;
	readonly datagram: Buffer;
}

function* batches(conversation: Conversation, messages: readonly Message[]): Generator<Batch> {
	for (let start = 0; start < messages.length; start += BATCH_MESSAGES) {
		const batch = messages.slice(start, start + BATCH_MESSAGES);
		const firstSequence = conversation.nextSequence;
		conversation.nextSequence += batch.length;
		const datagram = encodeMessages(withFlags(batch, NLM_F_REQUEST | NLM_F_ACK), firstSequence);
		yield { messages: batch, firstSequence, datagram };
	}
}

function withFlags(messages: readonly Message[], flags: number): Message[] {
	return messages.map((message) => ({ ...message, flags: message.flags | flags }));
}

interface Outcome {
	readonly answers: ReceivedMessage[];
	failure: NetlinkError | undefined;
}

function emptyOutcome(): Outcome {
	return { answers: [], failure: undefined };
}

function answersOf({ answers, failure }: Outcome): ReceivedMessage[] {
	if (failure !== undefined) throw failure;
	return answers;
}

function readAcknowledgements(conversation: Conversation, batch: Batch, outcome: Outcome): void {
	for (let missing = batch.messages.length; missing > 0; ) {
		for (const received of receive(conversation, batch.messages[0]!.what)) {
			const message = batch.messages[received.sequence - batch.firstSequence];
			// Left over from an earlier request that gave up.
			if (message === undefined) continue;
			if (received.type !== NLMSG_ERROR) {
				outcome.answers.push(received);
				continue;
			}
			missing--;
			outcome.failure ??= failureOf(received, message.what);
		}
	}
}

function dumpOnce(conversation: Conversation, message: Message): ReceivedMessage[] | "interrupted" {
	const sequence = conversation.nextSequence++;
	const datagram = encodeMessages(withFlags([message], NLM_F_REQUEST | NLM_F_ROOT_MATCH), sequence);
	check(Number(libc.send(conversation.fd, datagram, datagram.length, 0)), "send", message.what);
	const found: ReceivedMessage[] = [];
	let interrupted = false;
	for (;;) {
		for (const received of receive(conversation, message.what)) {
			if (received.sequence !== sequence) continue;
			if ((received.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
			if (received.type === NLMSG_ERROR || received.type === NLMSG_DONE) {
				const failure = failureOf(received, message.what);
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
function receive({ fd, buffer }: Conversation, what: string): ReceivedMessage[] {
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
