import { bytes, decodeAttributes, type Message, nested, type ReceivedMessage, u32 } from "./message.ts";
import { openFirewallSocket } from "./socket.ts";

/** Of `linux/netfilter/nfnetlink_conntrack.h`. */
const NFNL_SUBSYS_CTNETLINK = 1;
const IPCTNL_MSG_CT_GET = 1;
const IPCTNL_MSG_CT_DELETE = 2;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_STATUS = 3;
const CTA_FILTER = 25;
const CTA_FILTER_ORIG_FLAGS = 1;
const CTA_FILTER_REPLY_FLAGS = 2;
const CTA_FILTER_F_CTA_IP_SRC = 1;
const IPS_DST_NAT = 1 << 5;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
/** Of the sources; the kernel's numbers differ by family. */
const sourceAttribute = { 4: 1, 6: 3 } as const;
const families = { 4: 2, 6: 10 } as const;
const NFGENMSG_BYTES = 4;
const NLA_F_NESTED = 0x8000;

/** A connection that the kernel tracks, from any of this host to any. */
export interface TrackedConnection {
	/** Who opened it: 4 or 16 bytes. */
	readonly source: Uint8Array;
	/** Who answers, behind all address translation. */
	readonly target: Uint8Array;
	readonly protocol: number;
	/** 0 where the protocol has none. */
	readonly port: number;
	/** Its target was another one before translation. */
	readonly isTranslated: boolean;
	/** What the kernel knows it by. */
	readonly key: Uint8Array;
}

/**
 * All connections of a family in the caller's network namespace, or those that an address (4 or 16 bytes) answers; the
 * kernel looks through its whole table for these. Errors: SystemError.
 */
export function trackedConnections(family: 4 | 6, target?: Uint8Array): TrackedConnection[] {
	using socket = openFirewallSocket();
	const wanted = target === undefined ? [] : targetFilter(family, target);
	const found = socket
		.dump(message(family, IPCTNL_MSG_CT_GET, wanted))
		.flatMap((answer) => decode(family, answer));
	// Kernels before 5.8 know no filter, and tell of every connection.
	return target === undefined
		? found
		: found.filter((connection) => Buffer.compare(connection.target, target) === 0);
}

function targetFilter(family: 4 | 6, target: Uint8Array): Message["attributes"] {
	const address = bytes(sourceAttribute[family], target);
	const flags = [u32(CTA_FILTER_ORIG_FLAGS, 0), u32(CTA_FILTER_REPLY_FLAGS, CTA_FILTER_F_CTA_IP_SRC)];
	return [nested(CTA_TUPLE_REPLY, [nested(CTA_TUPLE_IP, [address])]), nested(CTA_FILTER, flags)];
}

/**
 * Forgets connections: their next packets are looked at by the firewall as those of new ones. Ones that are gone
 * meanwhile are no error.
 */
export function forgetConnections(family: 4 | 6, connections: readonly TrackedConnection[]): void {
	using socket = openFirewallSocket();
	for (const { key } of connections) {
		try {
			socket.request([message(family, IPCTNL_MSG_CT_DELETE, [bytes(CTA_TUPLE_ORIG | NLA_F_NESTED, key)])]);
		} catch (error) {
			if ((error as { code?: string }).code !== "ENOENT") throw error;
		}
	}
}

function message(family: 4 | 6, type: number, attributes: Message["attributes"]): Message {
	return {
		type: (NFNL_SUBSYS_CTNETLINK << 8) | type,
		flags: 0,
		header: Uint8Array.of(families[family], 0, 0, 0),
		attributes,
		what: "connection tracking",
	};
}

function decode(family: 4 | 6, { payload }: ReceivedMessage): TrackedConnection[] {
	const attributes = decodeAttributes(payload.subarray(NFGENMSG_BYTES));
	const key = attributes.get(CTA_TUPLE_ORIG);
	const reply = attributes.get(CTA_TUPLE_REPLY);
	const source = key === undefined ? undefined : sourceOf(family, key);
	const target = reply === undefined ? undefined : sourceOf(family, reply);
	if (key === undefined || source === undefined || target === undefined) return [];
	const transport = decodeAttributes(decodeAttributes(reply!).get(CTA_TUPLE_PROTO) ?? Buffer.alloc(0));
	const port = transport.get(CTA_PROTO_SRC_PORT);
	return [
		{
			source,
			target,
			protocol: transport.get(CTA_PROTO_NUM)?.[0] ?? 0,
			port: port === undefined ? 0 : port.readUInt16BE(0),
			isTranslated: ((attributes.get(CTA_STATUS)?.readUInt32BE(0) ?? 0) & IPS_DST_NAT) !== 0,
			key,
		},
	];
}

function sourceOf(family: 4 | 6, tuple: Buffer): Buffer | undefined {
	return decodeAttributes(decodeAttributes(tuple).get(CTA_TUPLE_IP) ?? Buffer.alloc(0)).get(
		sourceAttribute[family],
	);
}
