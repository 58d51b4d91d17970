/**
 * A client's socket, read by asking and written with back-pressure.
 *
 * What is not asked for yet waits here, up to 64 KiB; then the socket is paused, so that a fast sender is slowed
 * down. As long as it is not paused, the end of the client is noticed although nobody reads.
 */
import type { Socket } from "node:net";

const maxWaitingBytes = 64 * 1024;
/** Smaller pieces are copied together: one packet for the client to wake up for. Bigger ones are never copied. */
const copyBelowBytes = 4096;

export interface Wire {
	/** The next bytes, or `undefined` at the end (half-closed, closed or broken). One call at a time. */
	read(): Promise<Buffer | undefined>;
	/** Puts bytes back in front. */
	unread(chunk: Buffer): void;
	/** Writes pieces in order. A promise when the client is slow: it resolves when there is room, or nobody to write to. */
	write(...pieces: readonly Uint8Array[]): Promise<void> | undefined;
	/** Bytes written that the client has not taken yet. */
	readonly unsentBytes: number;
	/** Ends our side. Resolves when all that was written is on its way, or there is nobody to send it to. */
	end(): Promise<void>;
	destroy(): void;
	/** Gives the socket to another protocol, with what was not read put back. The wire is closed from then on. */
	detach(): Socket;
	/** The client sends nothing more (there may be bytes waiting). */
	readonly ended: boolean;
	/** Nothing can be written any more either. */
	readonly closed: boolean;
	/** Called when the client ends its side, at once if it has. There is one listener: a new one takes its place. */
	onEnd(listener: () => void): void;
	/** Called when the socket is closed or broken, at once if it is. One listener, as above. */
	onClose(listener: () => void): void;
}

export function createWire(socket: Socket): Wire {
	const waiting: Buffer[] = [];
	let waitingBytes = 0;
	let ended = false;
	let closed = false;
	let wakeReader: (() => void) | undefined;
	let room: PromiseWithResolvers<void> | undefined;
	const flushed = Promise.withResolvers<void>();
	let endListener = () => {};
	let closeListener = () => {};

	const onData = (chunk: Buffer) => {
		waiting.push(chunk);
		waitingBytes += chunk.length;
		if (waitingBytes >= maxWaitingBytes) socket.pause();
		wakeReader?.();
	};
	const onEnd = () => {
		if (ended) return;
		ended = true;
		wakeReader?.();
		endListener();
	};
	const onDrain = () => {
		room?.resolve();
		room = undefined;
	};
	const onClose = () => {
		if (closed) return;
		closed = true;
		onEnd();
		onDrain();
		flushed.resolve();
		closeListener();
	};
	socket.on("data", onData);
	socket.on("end", onEnd);
	socket.on("drain", onDrain);
	socket.on("error", onClose);
	socket.on("close", onClose);

	return {
		async read() {
			while (waiting.length === 0) {
				if (ended) return undefined;
				const { promise, resolve } = Promise.withResolvers<void>();
				wakeReader = resolve;
				await promise;
				wakeReader = undefined;
			}
			const chunk = waiting.shift()!;
			waitingBytes -= chunk.length;
			if (waitingBytes < maxWaitingBytes && socket.isPaused()) socket.resume();
			return chunk;
		},
		unread(chunk) {
			if (chunk.length === 0) return;
			waiting.unshift(chunk);
			waitingBytes += chunk.length;
		},
		write(...pieces) {
			if (closed || writePieces(socket, pieces)) return undefined;
			room ??= Promise.withResolvers<void>();
			return room.promise;
		},
		get unsentBytes() {
			return socket.writableLength;
		},
		end() {
			if (closed) return Promise.resolve();
			socket.end(() => flushed.resolve());
			return flushed.promise;
		},
		destroy() {
			socket.destroy();
			onClose();
		},
		detach() {
			socket.pause();
			socket.off("data", onData).off("end", onEnd).off("drain", onDrain);
			socket.off("error", onClose).off("close", onClose);
			if (waiting.length > 0) socket.unshift(Buffer.concat(waiting.splice(0)));
			closeListener = () => {};
			endListener = () => {};
			onClose();
			return socket;
		},
		get ended() {
			return ended;
		},
		get closed() {
			return closed;
		},
		onEnd(listener) {
			endListener = listener;
			if (ended) listener();
		},
		onClose(listener) {
			closeListener = listener;
			if (closed) listener();
		},
	};
}

function writePieces(socket: Socket, pieces: readonly Uint8Array[]): boolean {
	let flowing = true;
	let small: Uint8Array[] = [];
	const flush = () => {
		if (small.length > 0) flowing = socket.write(small.length === 1 ? small[0]! : Buffer.concat(small));
		small = [];
	};
	for (const piece of pieces) {
		if (piece.length < copyBelowBytes) {
			small.push(piece);
			continue;
		}
		flush();
		flowing = socket.write(piece);
	}
	flush();
	return flowing;
}
