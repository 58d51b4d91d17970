import { EngineError } from "../../lib/index.ts";
import type { Attachment, OutputChunk } from "../contract.ts";
import type { ChannelHandler, Connection, RequestFields } from "./connection.ts";
import type { Field } from "./fields.ts";
import { frameType, maxPayloadBytes, stream, windowBytes } from "./frame.ts";

/** Credit is given back in such portions: a frame for each chunk read would double the traffic of small writes. */
const creditPortion = windowBytes / 4;

export interface AttachedChannel {
	readonly attachment: Attachment;
	/** The first reply (OK, STARTED); rejects with the supervisor's error. */
	readonly opened: Promise<readonly Field[]>;
}

/** Sends a request that attaches to streams (ATTACH, EXEC) and hands its channel out as an attachment. */
export function openAttachment(connection: Connection, type: number, fields: RequestFields): AttachedChannel {
	const opened = Promise.withResolvers<readonly Field[]>();
	const output = new OutputQueue((bytes) => connection.sendCredit(channel, bytes));
	const input = new InputWindow((bytes) => connection.sendData(channel, bytes), connection.name);
	const handler: ChannelHandler = {
		reply(replyType, reply) {
			opened.resolve(reply);
			if (replyType !== frameType.closed) return;
			output.end();
			input.close();
		},
		data(streamNumber, data) {
			output.push({ stream: streamNumber === stream.stderr ? "stderr" : "stdout", data });
		},
		eof(streamNumber) {
			if (streamNumber === stream.stdin) input.close();
		},
		credit: (bytes) => input.add(bytes),
		fail(error) {
			opened.reject(error);
			output.end(error);
			input.close();
		},
	};
	const channel = connection.open(type, fields, handler);
	opened.promise.catch(() => {});
	const attachment: Attachment = {
		output,
		write: (data) => input.write(data),
		async closeStdin() {
			await input.finish(() => connection.sendEof(channel));
		},
		close() {
			output.end();
			output.discard();
			input.close();
			connection.sendClose(channel);
		},
	};
	return { attachment, opened: opened.promise };
}

/** Received and not consumed yet; never more than the window, since credit is given for what was taken out only. */
class OutputQueue implements AsyncIterable<OutputChunk> {
	readonly #chunks: OutputChunk[] = [];
	readonly #giveBack: (bytes: number) => void;
	#owedBytes = 0;
	#ended = false;
	#error: Error | undefined;
	#wake: (() => void) | undefined;

	constructor(giveBack: (bytes: number) => void) {
		this.#giveBack = giveBack;
	}

	push(chunk: OutputChunk): void {
		if (this.#ended) return;
		this.#chunks.push(chunk);
		this.#wake?.();
	}

	end(error?: Error): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#error = error;
		this.#wake?.();
	}

	discard(): void {
		this.#chunks.length = 0;
		this.#error = undefined;
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<OutputChunk> {
		for (;;) {
			const chunk = this.#chunks.shift();
			if (chunk !== undefined) {
				this.#consumed(chunk.data.length);
				yield chunk;
				continue;
			}
			if (this.#error !== undefined) throw this.#error;
			if (this.#ended) return;
			const { promise, resolve } = Promise.withResolvers<void>();
			this.#wake = resolve;
			await promise;
			this.#wake = undefined;
		}
	}

	#consumed(bytes: number): void {
		this.#owedBytes += bytes;
		if (this.#owedBytes < creditPortion || this.#ended) return;
		this.#giveBack(this.#owedBytes);
		this.#owedBytes = 0;
	}
}

/** What may be written to stdin without the supervisor's leave. */
class InputWindow {
	readonly #send: (bytes: Uint8Array) => void;
	readonly #name: string;
	#roomBytes = windowBytes;
	#closed = false;
	#wake: (() => void) | undefined;
	/** One write after another, in the order of the calls. */
	#turn: Promise<void> = Promise.resolve();

	constructor(send: (bytes: Uint8Array) => void, name: string) {
		this.#send = send;
		this.#name = name;
	}

	add(bytes: number): void {
		this.#roomBytes += bytes;
		this.#wake?.();
	}

	close(): void {
		this.#closed = true;
		this.#wake?.();
	}

	write(data: Uint8Array): Promise<void> {
		return this.#queue(() => this.#writeParts(data));
	}

	finish(sendEof: () => void): Promise<void> {
		return this.#queue(async () => {
			if (!this.#closed) sendEof();
			this.#closed = true;
		});
	}

	#queue(body: () => Promise<void>): Promise<void> {
		const mine = this.#turn.then(body);
		this.#turn = mine.catch(() => {});
		return mine;
	}

	async #writeParts(data: Uint8Array): Promise<void> {
		for (let offset = 0; offset < data.length; offset += maxPayloadBytes) {
			const part = data.subarray(offset, offset + maxPayloadBytes);
			while (this.#roomBytes < part.length && !this.#closed) await this.#room();
			if (this.#closed) throw new EngineError("not_found", `stdin of ${this.#name} is closed`);
			this.#roomBytes -= part.length;
			this.#send(part);
		}
	}

	async #room(): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#wake = resolve;
		await promise;
		this.#wake = undefined;
	}
}
