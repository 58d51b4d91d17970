import type { Socket } from "node:net";
import { EngineError, errorCodes } from "../../lib/index.ts";
import { decodeFields, encodeFields, type Field, fieldOf, numberOf } from "./fields.ts";
import {
	encodeCredit,
	encodeFrame,
	encodeRequest,
	type Frame,
	FrameReader,
	frameType,
	maxRequestBytes,
	protocolVersion,
} from "./frame.ts";

/** What happens on one channel of a connection. */
export interface ChannelHandler {
	reply(type: number, fields: readonly Field[]): void;
	data?(stream: number, bytes: Uint8Array): void;
	eof?(stream: number): void;
	credit?(bytes: number): void;
	/** The channel ended with an error, or the connection did. */
	fail(error: Error): void;
}

export type RequestFields = Iterable<readonly [string, string | number | boolean | undefined]>;

/** Replies behind which nothing more comes on a channel. */
const finalReplies: ReadonlySet<number> = new Set([
	frameType.ok,
	frameType.started,
	frameType.exit,
	frameType.status,
	frameType.closed,
]);

/**
 * The daemon's side of one connection to a supervisor: many channels on one stream.
 *
 * Requests are sent at once, also before the supervisor's greeting was read. When the connection ends, every open
 * channel fails with `unavailable`.
 */
export class Connection {
	readonly name: string;
	readonly #socket: Socket;
	readonly #reader = new FrameReader();
	readonly #channels = new Map<number, ChannelHandler & { readonly streams: boolean }>();
	/** What has come of replies that are longer than a frame. */
	readonly #continued = new Map<number, Buffer>();
	readonly #oomListeners: (() => void)[] = [];
	readonly #closed = Promise.withResolvers<void>();
	readonly #delivered = Promise.withResolvers<void>();
	readonly #supervisorPid = Promise.withResolvers<number>();
	/** What both sides speak, once the supervisor has greeted. */
	#version = 1;
	#lastChannel = 0;
	#leaving = false;
	#failure: Error | undefined;
	#ended = false;

	/** Takes the socket over and greets. `name` is the container's, for errors. */
	constructor(socket: Socket, name: string) {
		this.name = name;
		this.#socket = socket;
		// Most never ask.
		this.#supervisorPid.promise.catch(() => {});
		socket.on("data", (chunk: Buffer) => this.#receive(chunk));
		socket.on("end", () => this.#end());
		socket.on("error", (error) => {
			this.#failure ??= error;
		});
		socket.on("close", () => this.#end());
		socket.write(
			encodeFrame(
				frameType.hello,
				0,
				encodeFields([
					["version", protocolVersion],
					["oldest", 1],
				]),
			),
		);
	}

	/** Resolves when the supervisor has ended the connection, or it broke. */
	get closed(): Promise<void> {
		return this.#closed.promise;
	}

	/** Process id of the supervisor, as it says itself. */
	supervisorPid(): Promise<number> {
		return this.#supervisorPid.promise;
	}

	/** Opens a channel with streams or several replies. Returns its number. */
	open(type: number, fields: RequestFields, handler: ChannelHandler): number {
		return this.#send(type, fields, { ...handler, streams: true });
	}

	/** A request with one reply. Rejects with the supervisor's error. */
	request(type: number, fields: RequestFields = []): Promise<readonly Field[]> {
		const { promise, resolve, reject } = Promise.withResolvers<readonly Field[]>();
		this.#send(type, fields, { reply: (_, reply) => resolve(reply), fail: reject, streams: false });
		return promise;
	}

	sendData(channel: number, bytes: Uint8Array): void {
		this.#write(encodeFrame(frameType.data, channel, bytes));
	}

	sendEof(channel: number): void {
		this.#write(encodeFrame(frameType.eof, channel));
	}

	/** Gives back what was consumed of the output window. */
	sendCredit(channel: number, bytes: number): void {
		this.#write(encodeCredit(channel, bytes, 1));
	}

	/** Gives a channel up; its handler hears no more than CLOSED. */
	sendClose(channel: number): void {
		if (this.#channels.has(channel)) this.#write(encodeFrame(frameType.close, channel));
	}

	onOom(listener: () => void): void {
		this.#oomListeners.push(listener);
	}

	/**
	 * Nothing more will be asked; what the supervisor still says is read. Our side ends behind the last channel with
	 * streams: without credit the supervisor could not deliver what waits for a slow client.
	 */
	end(): void {
		this.#leaving = true;
		this.#endIfDelivered();
	}

	/** Resolves when {@link end} was called and no channel has streams any more, or when the connection is over. */
	get delivered(): Promise<void> {
		return this.#delivered.promise;
	}

	/** Clients of an ended container that take nothing for so long lose the rest. */
	cutOff(idleMs: number): void {
		// Supervisors of version 1 do so unasked.
		if (this.#version < 2) return;
		this.request(frameType.cutOff, [["idle-ms", idleMs]]).catch(() => {});
	}

	/** Has a machine's supervisor bring what is asked at its 127.0.0.11 to hull-names, whose socket is at `path`. */
	async serveNames(path: string): Promise<void> {
		await this.supervisorPid();
		if (this.#version < 3)
			throw new EngineError(
				"not_implemented",
				`the supervisor of ${this.name} is of an engine without names`,
			);
		await this.request(frameType.names, [["socket", path]]);
	}

	destroy(): void {
		this.#socket.destroy();
		this.#end();
	}

	#send(type: number, fields: RequestFields, handler: ChannelHandler & { streams: boolean }): number {
		if (this.#ended) {
			queueMicrotask(() => handler.fail(this.#lost()));
			return 0;
		}
		const payload = encodeFields(fields);
		const channel = this.#freeChannel();
		this.#channels.set(channel, handler);
		this.#write(encodeRequest(type, channel, payload));
		return channel;
	}

	#freeChannel(): number {
		do this.#lastChannel = (this.#lastChannel % 65_535) + 1;
		while (this.#channels.has(this.#lastChannel));
		return this.#lastChannel;
	}

	#write(bytes: Uint8Array): void {
		if (!this.#ended && this.#socket.writable) this.#socket.write(bytes);
	}

	#receive(chunk: Buffer): void {
		try {
			for (const frame of this.#reader.push(chunk)) this.#dispatch(frame);
		} catch (error) {
			this.#failure ??= error as Error;
			this.destroy();
		}
	}

	#dispatch(frame: Frame): void {
		if (frame.channel === 0) {
			this.#dispatchEvent(frame);
			return;
		}
		const handler = this.#channels.get(frame.channel);
		if (handler === undefined)
			throw new EngineError(
				"corrupt",
				`the supervisor of ${this.name} sent a frame on a channel that is not open`,
			);
		switch (frame.type) {
			case frameType.data:
				handler.data?.(frame.stream, frame.payload);
				break;
			case frameType.eof:
				handler.eof?.(frame.stream);
				break;
			case frameType.credit:
				handler.credit?.(Buffer.from(frame.payload).readUInt32BE(0));
				break;
			case frameType.error:
				this.#finish(frame.channel);
				handler.fail(errorOf(decodeFields(frame.payload)));
				break;
			default: {
				const payload = this.#collect(frame);
				if (payload === undefined) break;
				// A channel with streams ends with CLOSED only.
				if (handler.streams ? frame.type === frameType.closed : finalReplies.has(frame.type))
					this.#finish(frame.channel);
				handler.reply(frame.type, decodeFields(payload));
			}
		}
	}

	/** The whole reply, once its last frame is there. */
	#collect(frame: Frame): Uint8Array | undefined {
		const before = this.#continued.get(frame.channel);
		if (frame.stream === 0 && before === undefined) return frame.payload;
		if ((before?.length ?? 0) + frame.payload.length > maxRequestBytes)
			throw new EngineError("corrupt", `the supervisor of ${this.name} sent a reply that is too long`);
		const whole = Buffer.concat([before ?? Buffer.alloc(0), frame.payload]);
		if (frame.stream === 0) this.#continued.delete(frame.channel);
		else this.#continued.set(frame.channel, whole);
		return frame.stream === 0 ? whole : undefined;
	}

	#finish(channel: number): void {
		this.#channels.delete(channel);
		this.#endIfDelivered();
	}

	#endIfDelivered(): void {
		if (!this.#leaving || [...this.#channels.values()].some((handler) => handler.streams)) return;
		if (!this.#ended) this.#socket.end();
		this.#delivered.resolve();
	}

	#dispatchEvent(frame: Frame): void {
		if (frame.type === frameType.oom) {
			for (const listener of this.#oomListeners) listener();
		} else if (frame.type === frameType.hello) {
			const fields = decodeFields(frame.payload);
			const oldest = numberOf(fields, "oldest");
			if (oldest <= protocolVersion) {
				this.#version = Math.min(protocolVersion, numberOf(fields, "version"));
				if (fieldOf(fields, "pid") !== undefined) this.#supervisorPid.resolve(numberOf(fields, "pid"));
				return;
			}
			throw new EngineError(
				"not_implemented",
				`the supervisor of ${this.name} speaks session protocol ${oldest} or newer, the daemon ${protocolVersion}`,
			);
		} else if (frame.type === frameType.error) {
			this.#failure ??= errorOf(decodeFields(frame.payload));
		} else {
			throw new EngineError(
				"corrupt",
				`the supervisor of ${this.name} sent frame type ${frame.type} on channel 0`,
			);
		}
	}

	#end(): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#socket.end();
		const channels = [...this.#channels.values()];
		this.#channels.clear();
		for (const handler of channels) handler.fail(this.#lost());
		this.#supervisorPid.reject(this.#lost());
		this.#delivered.resolve();
		this.#closed.resolve();
	}

	#lost(): Error {
		if (this.#failure instanceof EngineError) return this.#failure;
		return new EngineError("unavailable", `the supervisor of ${this.name} is gone`, { cause: this.#failure });
	}
}

function errorOf(fields: readonly Field[]): EngineError {
	const code = errorCodes.find((known) => known === fieldOf(fields, "code"));
	return new EngineError(
		code ?? "runtime_failed",
		fieldOf(fields, "message") ?? "the supervisor gave no reason",
	);
}
