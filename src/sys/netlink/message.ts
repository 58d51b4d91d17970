/**
 * The wire format of netlink: messages and attributes as data, to bytes and back. Everything is in the host's byte
 * order, which is little-endian on every machine that Hull runs on. See netlink(7) and `linux/netlink.h`.
 */

export const NLM_F_REQUEST = 0x1;
export const NLM_F_MULTI = 0x2;
export const NLM_F_ACK = 0x4;
export const NLM_F_ROOT_MATCH = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;
const HEADER_BYTES = 16;

export interface Attribute {
	readonly type: number;
	readonly value: Uint8Array | readonly Attribute[];
	/** Bytes before nested attributes, as the `ifinfomsg` in VETH_INFO_PEER. */
	readonly prefix?: Uint8Array;
}

export interface Message {
	readonly type: number;
	readonly flags: number;
	/** The family's fixed header (`ifinfomsg`, `ifaddrmsg`, `rtmsg`). */
	readonly header: Uint8Array;
	readonly attributes: readonly Attribute[];
	/** Names the request in errors: `RTM_NEWLINK hull0`. */
	readonly what: string;
}

/** A message as it came: its payload is the family's header and the attributes. */
export interface ReceivedMessage {
	readonly type: number;
	readonly flags: number;
	readonly sequence: number;
	/** Of the socket that a notification was caused by: mostly its process's id. */
	readonly portId: number;
	readonly payload: Buffer;
}

export function u8(type: number, value: number): Attribute {
	return { type, value: Uint8Array.of(value) };
}

export function u16(type: number, value: number): Attribute {
	const bytes = Buffer.alloc(2);
	bytes.writeUInt16LE(value);
	return { type, value: bytes };
}

export function u32(type: number, value: number): Attribute {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return { type, value: bytes };
}

/** NUL-terminated text. */
export function text(type: number, value: string): Attribute {
	return { type, value: Buffer.from(`${value}\0`) };
}

export function bytes(type: number, value: Uint8Array): Attribute {
	return { type, value };
}

export function nested(type: number, value: readonly Attribute[]): Attribute {
	return { type: type | NLA_F_NESTED, value };
}

/** One datagram of messages; the first gets this sequence number, the next ones count up. */
export function encodeMessages(messages: readonly Message[], firstSequence: number): Buffer {
	return Buffer.concat(messages.map((message, index) => encodeMessage(message, firstSequence + index)));
}

function encodeMessage(message: Message, sequence: number): Buffer {
	const body = Buffer.concat([padded(message.header), encodeAttributes(message.attributes)]);
	const head = Buffer.alloc(HEADER_BYTES);
	head.writeUInt32LE(HEADER_BYTES + body.length, 0);
	head.writeUInt16LE(message.type, 4);
	head.writeUInt16LE(message.flags, 6);
	head.writeUInt32LE(sequence >>> 0, 8);
	return Buffer.concat([head, body]);
}

function encodeAttributes(attributes: readonly Attribute[]): Buffer {
	return Buffer.concat(attributes.map(encodeAttribute));
}

function encodeAttribute({ type, value, prefix }: Attribute): Buffer {
	const content = value instanceof Uint8Array ? value : encodeAttributes(value);
	const payload = prefix === undefined ? content : Buffer.concat([padded(prefix), content]);
	const head = Buffer.alloc(4);
	head.writeUInt16LE(4 + payload.length, 0);
	head.writeUInt16LE(type, 2);
	return Buffer.concat([head, padded(payload)]);
}

function padded(content: Uint8Array): Uint8Array {
	const missing = align(content.length) - content.length;
	return missing === 0 ? content : Buffer.concat([content, Buffer.alloc(missing)]);
}

function align(length: number): number {
	return (length + 3) & ~3;
}

/** The messages of one received datagram. A length that does not fit ends it: the kernel never sends one. */
export function decodeMessages(datagram: Buffer): ReceivedMessage[] {
	const messages: ReceivedMessage[] = [];
	for (let offset = 0; offset + HEADER_BYTES <= datagram.length; ) {
		const length = datagram.readUInt32LE(offset);
		if (length < HEADER_BYTES || offset + length > datagram.length) break;
		messages.push({
			type: datagram.readUInt16LE(offset + 4),
			flags: datagram.readUInt16LE(offset + 6),
			sequence: datagram.readUInt32LE(offset + 8),
			portId: datagram.readUInt32LE(offset + 12),
			payload: datagram.subarray(offset + HEADER_BYTES, offset + length),
		});
		offset += align(length);
	}
	return messages;
}

/** Attributes by type; of a repeated type the last. */
export function decodeAttributes(payload: Buffer): Map<number, Buffer> {
	const attributes = new Map<number, Buffer>();
	for (let offset = 0; offset + 4 <= payload.length; ) {
		const length = payload.readUInt16LE(offset);
		if (length < 4 || offset + length > payload.length) break;
		const type = payload.readUInt16LE(offset + 2) & NLA_TYPE_MASK;
		attributes.set(type, payload.subarray(offset + 4, offset + length));
		offset += align(length);
	}
	return attributes;
}

/** Text of an attribute, without its NUL. */
export function decodeText(value: Buffer): string {
	const end = value.indexOf(0);
	return value.toString("utf8", 0, end < 0 ? value.length : end);
}
