/**
 * Frames of the session protocol, as `docs/session-protocol.md` lists them: an 8-byte header (u32 length, u8 type,
 * u8 stream, u16 channel, big endian) and at most 64 KiB of payload.
 */
import { EngineError } from "../../lib/index.ts";

export const protocolVersion = 3;
export const headerBytes = 8;
export const maxPayloadBytes = 65_536;
export const maxRequestBytes = 4 * 1024 * 1024;
/** What may be under way per channel and direction. */
export const windowBytes = 256 * 1024;

export const frameType = {
	hello: 0x01,
	data: 0x02,
	eof: 0x03,
	credit: 0x04,
	close: 0x05,
	prepare: 0x10,
	start: 0x11,
	attach: 0x12,
	exec: 0x13,
	signal: 0x14,
	resize: 0x15,
	state: 0x16,
	wait: 0x17,
	configure: 0x18,
	guestPrepare: 0x19,
	stats: 0x1a,
	processes: 0x1b,
	update: 0x1c,
	freeze: 0x1d,
	files: 0x1e,
	cutOff: 0x1f,
	ok: 0x20,
	started: 0x21,
	exit: 0x22,
	status: 0x23,
	error: 0x24,
	closed: 0x25,
	oom: 0x30,
	booted: 0x31,
	names: 0x40,
} as const;

export const stream = { stdin: 0, stdout: 1, stderr: 2 } as const;

export interface Frame {
	readonly type: number;
	readonly stream: number;
	readonly channel: number;
	/** A view of what was received, valid as long as the reader keeps it. */
	readonly payload: Uint8Array;
}

export function encodeFrame(
	type: number,
	channel: number,
	payload: Uint8Array = new Uint8Array(0),
	streamNumber = 0,
): Buffer {
	const frame = Buffer.allocUnsafe(headerBytes + payload.length);
	writeHeader(frame, { length: payload.length, type, stream: streamNumber, channel });
	frame.set(payload, headerBytes);
	return frame;
}

/** The frames of one request: more than one when its payload is longer than a frame takes. */
export function encodeRequest(type: number, channel: number, payload: Uint8Array): Buffer {
	if (payload.length > maxRequestBytes)
		throw new EngineError("too_large", `a request to the supervisor of ${payload.length} bytes is too long`);
	if (payload.length <= maxPayloadBytes) return encodeFrame(type, channel, payload);
	const frames: Buffer[] = [];
	for (let offset = 0; offset < payload.length; offset += maxPayloadBytes) {
		const part = payload.subarray(offset, offset + maxPayloadBytes);
		const continued = offset + maxPayloadBytes < payload.length;
		frames.push(encodeFrame(type, channel, part, continued ? 1 : 0));
	}
	return Buffer.concat(frames);
}

export function encodeCredit(channel: number, bytes: number, streamNumber: number): Buffer {
	const payload = Buffer.allocUnsafe(4);
	payload.writeUInt32BE(bytes);
	return encodeFrame(frameType.credit, channel, payload, streamNumber);
}

export function writeHeader(
	target: Buffer,
	header: { length: number; type: number; stream: number; channel: number },
): void {
	target.writeUInt32BE(header.length, 0);
	target[4] = header.type;
	target[5] = header.stream;
	target.writeUInt16BE(header.channel, 6);
}

/**
 * Cuts a received byte stream into frames. A frame that lies inside one chunk is handed out as a view of it; only one
 * that is spread over chunks is put together. Throws `corrupt` for what no supervisor sends.
 */
export class FrameReader {
	#partial: Buffer | undefined;
	#filled = 0;

	*push(chunk: Buffer): Generator<Frame> {
		let rest = chunk;
		while (rest.length > 0) {
			if (this.#partial !== undefined) {
				rest = this.#complete(rest);
				if (this.#filled < this.#partial.length) return;
				if (this.#partial.length === headerBytes && payloadLength(this.#partial) > 0) {
					this.#expect(this.#partial);
					continue;
				}
				const whole = this.#partial;
				this.#partial = undefined;
				yield decode(whole);
				continue;
			}
			if (rest.length < headerBytes) {
				this.#begin(headerBytes, rest);
				return;
			}
			const size = headerBytes + payloadLength(rest);
			if (rest.length < size) {
				this.#begin(size, rest);
				return;
			}
			yield decode(rest.subarray(0, size));
			rest = rest.subarray(size);
		}
	}

	#begin(size: number, bytes: Buffer): void {
		this.#partial = Buffer.allocUnsafe(size);
		this.#partial.set(bytes);
		this.#filled = bytes.length;
	}

	/** The header is whole: make room for the payload that it announces. */
	#expect(header: Buffer): void {
		this.#begin(headerBytes + payloadLength(header), header);
	}

	#complete(bytes: Buffer): Buffer {
		const partial = this.#partial!;
		const missing = Math.min(partial.length - this.#filled, bytes.length);
		partial.set(bytes.subarray(0, missing), this.#filled);
		this.#filled += missing;
		return bytes.subarray(missing);
	}
}

function payloadLength(header: Buffer): number {
	const length = header.readUInt32BE(0);
	if (length > maxPayloadBytes)
		throw new EngineError("corrupt", `the supervisor sent a frame of ${length} bytes`);
	return length;
}

function decode(frame: Buffer): Frame {
	return {
		type: frame[4]!,
		stream: frame[5]!,
		channel: frame.readUInt16BE(6),
		payload: frame.subarray(headerBytes),
	};
}
