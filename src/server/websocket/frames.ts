/**
 * Frames of the websocket protocol (RFC 6455, 5), as a server reads and writes them.
 *
 * ```
 *   0        1        2…            6…
 *   F000OOOO MLLLLLLL [length 2|8]  mask(4)  payload
 * ```
 *
 * Payload of data frames is handed on in slices as it comes, so a long frame costs no memory. Text is bytes here:
 * clients made for Docker send what is no UTF-8 as text, and dockerd takes it.
 */

/** What a reader gives: bytes of a message, or a whole control frame. */
export type Incoming =
	| { readonly kind: "data"; readonly data: Buffer }
	| { readonly kind: "ping"; readonly data: Buffer }
	| { readonly kind: "pong"; readonly data: Buffer }
	/** `code`: {@link closeCode}, 1005 when the client gave none. */
	| { readonly kind: "close"; readonly code: number };

/** The client broke the protocol; the connection ends with this code (RFC 6455, 7.4.1). */
export class WebSocketViolation extends Error {
	readonly code: number;
	constructor(code: number, message: string) {
		super(message);
		this.name = "WebSocketViolation";
		this.code = code;
	}
}

export const closeCode = {
	normal: 1000,
	protocolError: 1002,
	none: 1005,
	tooBig: 1009,
	failed: 1011,
} as const;

/** Payload of one frame; nobody types more at once, and lengths stay safe integers. */
export const maxFrameBytes = 64 * 1024 * 1024;
const maxControlBytes = 125;
const longestHeadBytes = 14;

const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
type Opcode = (typeof opcode)[keyof typeof opcode];
const opcodes: ReadonlySet<number> = new Set(Object.values(opcode));

interface FrameHead {
	readonly final: boolean;
	readonly opcode: Opcode;
	readonly payloadBytes: number;
	readonly mask: Buffer;
	readonly headBytes: number;
}

export interface FrameReader {
	/** Takes bytes as they come. Throws {@link WebSocketViolation}; then nothing more can be read. */
	feed(chunk: Buffer): Incoming[];
}

export function createFrameReader(): FrameReader {
	/** Of a head that is not whole. */
	let pending = Buffer.alloc(0);
	let frame: FrameHead | undefined;
	let seen = 0;
	let control: Buffer[] = [];
	/** A message was begun and its last frame has not come. */
	let inMessage = false;

	const begin = (head: FrameHead) => {
		if (isControl(head.opcode)) {
			control = [];
		} else {
			if ((head.opcode === opcode.continuation) !== inMessage)
				throw violation(inMessage ? "a message within a message" : "a continuation of nothing");
			inMessage = !head.final;
		}
		frame = head;
		seen = 0;
	};
	const take = (head: FrameHead, slice: Buffer): Incoming | undefined => {
		const data = unmask(slice, head.mask, seen);
		seen += slice.length;
		if (!isControl(head.opcode)) return data.length > 0 ? { kind: "data", data } : undefined;
		control.push(data);
		return seen === head.payloadBytes ? readControl(head.opcode, Buffer.concat(control)) : undefined;
	};

	return {
		feed(chunk) {
			const incoming: Incoming[] = [];
			let rest = chunk;
			for (;;) {
				if (frame === undefined) {
					const bytes =
						pending.length > 0 ? Buffer.concat([pending, rest.subarray(0, longestHeadBytes)]) : rest;
					const head = readHead(bytes);
					if (head === undefined) {
						pending = Buffer.from(bytes);
						return incoming;
					}
					rest = rest.subarray(head.headBytes - pending.length);
					pending = Buffer.alloc(0);
					begin(head);
				}
				const head = frame!;
				const slice = rest.subarray(0, head.payloadBytes - seen);
				rest = rest.subarray(slice.length);
				const found = take(head, slice);
				if (found !== undefined) incoming.push(found);
				if (found?.kind === "close") return incoming;
				if (seen < head.payloadBytes) return incoming;
				frame = undefined;
			}
		},
	};
}

/** `undefined` until the head is whole; what is wrong with it is said as soon as it can be seen. */
function readHead(bytes: Buffer): FrameHead | undefined {
	if (bytes.length < 1) return undefined;
	const first = bytes[0]!;
	if ((first & 0x70) !== 0) throw violation("reserved bits");
	if (!opcodes.has(first & 0x0f)) throw violation(`opcode ${first & 0x0f}`);
	const kind = (first & 0x0f) as Opcode;
	const final = (first & 0x80) !== 0;
	if (isControl(kind) && !final) throw violation("a fragmented control frame");
	if (bytes.length < 2) return undefined;
	if ((bytes[1]! & 0x80) === 0) throw violation("a frame without a mask");
	const short = bytes[1]! & 0x7f;
	if (isControl(kind) && short > maxControlBytes) throw violation("a control frame that is too long");
	const maskAt = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
	if (bytes.length < maskAt + 4) return undefined;
	const payloadBytes = readLength(bytes, short);
	return {
		...{ final, opcode: kind, payloadBytes },
		mask: Buffer.from(bytes.subarray(maskAt, maskAt + 4)),
		headBytes: maskAt + 4,
	};
}

function readLength(bytes: Buffer, short: number): number {
	if (short < 126) return short;
	const length = short === 126 ? BigInt(bytes.readUInt16BE(2)) : bytes.readBigUInt64BE(2);
	// RFC 6455, 5.2: the shortest form is the only one.
	if (length < (short === 126 ? 126n : 65_536n)) throw violation("a length that is not in its shortest form");
	if (length > BigInt(maxFrameBytes))
		throw new WebSocketViolation(closeCode.tooBig, `a frame of more than ${maxFrameBytes} bytes`);
	return Number(length);
}

function readControl(kind: Opcode, data: Buffer): Incoming {
	if (kind === opcode.ping) return { kind: "ping", data };
	if (kind === opcode.pong) return { kind: "pong", data };
	if (data.length === 0) return { kind: "close", code: closeCode.none };
	const code = data.length >= 2 ? data.readUInt16BE(0) : 0;
	if (!isSendable(code)) throw violation("a malformed close");
	return { kind: "close", code };
}

/** Codes that may stand in a close frame (RFC 6455, 7.4). */
function isSendable(code: number): boolean {
	return (
		(code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999)
	);
}

function isControl(kind: Opcode): boolean {
	return kind >= opcode.close;
}

function unmask(slice: Buffer, mask: Buffer, offset: number): Buffer {
	const data = Buffer.allocUnsafe(slice.length);
	for (let index = 0; index < slice.length; index++)
		data[index] = slice[index]! ^ mask[(offset + index) & 3]!;
	return data;
}

function violation(message: string): WebSocketViolation {
	return new WebSocketViolation(closeCode.protocolError, message);
}

/** The head of a whole message to the client; its payload follows. Servers do not mask. */
export function messageHead(kind: "text" | "binary", payloadBytes: number): Buffer {
	return head(opcode[kind], payloadBytes);
}

export function pongFrame(data: Buffer): Buffer {
	return Buffer.concat([head(opcode.pong, data.length), data]);
}

export function closeFrame(code: number): Buffer {
	if (code === closeCode.none) return head(opcode.close, 0);
	const frame = Buffer.concat([head(opcode.close, 2), Buffer.alloc(2)]);
	frame.writeUInt16BE(code, 2);
	return frame;
}

function head(kind: Opcode, payloadBytes: number): Buffer {
	const first = 0x80 | kind;
	if (payloadBytes < 126) return Buffer.from([first, payloadBytes]);
	const long = payloadBytes > 0xffff;
	const bytes = Buffer.alloc(long ? 10 : 4);
	bytes[0] = first;
	bytes[1] = long ? 127 : 126;
	if (long) bytes.writeBigUInt64BE(BigInt(payloadBytes), 2);
	else bytes.writeUInt16BE(payloadBytes, 2);
	return bytes;
}
