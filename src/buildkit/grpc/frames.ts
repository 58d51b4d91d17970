/** Length-prefixed messages (gRPC over HTTP2): one byte of flags, four of length, the message. */
import type { Duplex } from "node:stream";
import { GrpcError, statusCodes } from "./status.ts";

/** Beyond this a message is refused, as grpc-go's servers do (BuildKit allows 16 MiB). */
export const maxMessageBytes = 16 * 1024 * 1024;
const headBytes = 5;

export function frame(message: Uint8Array): Buffer {
	const framed = Buffer.allocUnsafe(headBytes + message.length);
	framed[0] = 0;
	framed.writeUInt32BE(message.length, 1);
	framed.set(message, headBytes);
	return framed;
}

/** The messages of a stream; who stops early leaves it open, for the answer. Errors: `GrpcError` for compressed, oversized and cut off ones. */
export async function* unframe(stream: Duplex): AsyncGenerator<Uint8Array> {
	let waiting: Buffer[] = [];
	let waitingBytes = 0;
	let needed = headBytes;
	for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
		waiting.push(chunk);
		waitingBytes += chunk.length;
		if (waitingBytes < needed) continue;
		let rest = Buffer.concat(waiting);
		for (;;) {
			needed = neededBytes(rest);
			if (rest.length < needed || rest.length < headBytes) break;
			yield rest.subarray(headBytes, needed);
			rest = rest.subarray(needed);
		}
		waiting = rest.length > 0 ? [rest] : [];
		waitingBytes = rest.length;
	}
	if (waitingBytes > 0) throw new GrpcError(statusCodes.invalidArgument, "a message was cut off");
}

/** Bytes of the first message with its head, as far as that is known. */
function neededBytes(data: Buffer): number {
	if (data.length < headBytes) return headBytes;
	if (data[0] !== 0) throw new GrpcError(statusCodes.unimplemented, "compressed messages are not supported");
	const length = data.readUInt32BE(1);
	if (length > maxMessageBytes)
		throw new GrpcError(
			statusCodes.resourceExhausted,
			`a message of ${length} bytes: at most ${maxMessageBytes} are taken`,
		);
	return headBytes + length;
}

/** Writes and waits while the other side is slow. Resolves also when the stream is over: reading tells how. */
export async function writeFrames(stream: Duplex, ...messages: readonly Uint8Array[]): Promise<void> {
	if (stream.destroyed || stream.writableEnded) return;
	const frames = messages.map(frame);
	if (stream.write(frames.length === 1 ? frames[0] : Buffer.concat(frames))) return;
	const { promise, resolve } = Promise.withResolvers<void>();
	stream.once("drain", resolve);
	stream.once("close", resolve);
	await promise;
	stream.off("drain", resolve);
	stream.off("close", resolve);
}
