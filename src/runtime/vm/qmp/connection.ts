import type { Socket } from "node:net";
import { EngineError } from "../../../lib/index.ts";

/** Longest line taken: QEMU's longest answers (block graphs) are some 10 KiB. */
const maxLineBytes = 1024 * 1024;
const maxPending = 64;

export type QmpArguments = Readonly<Record<string, unknown>>;

interface Pending {
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: Error) => void;
}

/**
 * The QEMU machine protocol: one JSON object a line, answers in the order of `id`s, events in between.
 * QEMU may be in the hands of its guest: whatever is not as it should be ends the connection.
 * https://www.qemu.org/docs/master/interop/qmp-spec.html
 */
export class QmpConnection {
	readonly #socket: Socket;
	readonly #name: string;
	readonly #pending = new Map<number, Pending>();
	readonly #listeners = new Set<(event: string, data: unknown) => void>();
	#nextId = 0;
	#rest = Buffer.alloc(0);
	#failure: Error | undefined;

	/** Takes the socket over. `name` is the container's, for errors. */
	constructor(socket: Socket, name: string) {
		this.#socket = socket;
		this.#name = name;
		socket.on("data", (chunk: Buffer) => this.#receive(chunk));
		socket.on("error", (error) => this.#end(error));
		socket.on("end", () => this.#end());
		socket.on("close", () => this.#end());
	}

	/** Runs a command. `runtime_failed` with QEMU's text, `unavailable` when QEMU is gone. */
	execute(command: string, args: QmpArguments = {}): Promise<unknown> {
		if (this.#failure !== undefined) return Promise.reject(this.#failure);
		if (this.#pending.size >= maxPending)
			return Promise.reject(new EngineError("unavailable", `qemu of ${this.#name} does not answer`));
		const { promise, resolve, reject } = Promise.withResolvers<unknown>();
		const id = this.#nextId++;
		this.#pending.set(id, { resolve, reject });
		this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
		return promise;
	}

	onEvent(listener: (event: string, data: unknown) => void): () => void {
		this.#listeners.add(listener);
		return () => void this.#listeners.delete(listener);
	}

	close(): void {
		this.#socket.destroy();
		this.#end();
	}

	#receive(chunk: Buffer): void {
		let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
		for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
			if (end > maxLineBytes) break;
			const line = bytes.subarray(0, end).toString();
			bytes = bytes.subarray(end + 1);
			if (!this.#dispatch(line)) return;
		}
		if (bytes.length > maxLineBytes) this.#refuse("a line that is too long");
		else this.#rest = Buffer.from(bytes);
	}

	#dispatch(line: string): boolean {
		const message = parseObject(line);
		if (message === undefined) return this.#refuse("a line that is no object");
		if (typeof message["event"] === "string") {
			for (const listener of [...this.#listeners]) listener(message["event"], message["data"]);
			return true;
		}
		if ("QMP" in message) return true;
		const id = message["id"];
		const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
		if (pending === undefined) return this.#refuse("an answer that nobody waits for");
		this.#pending.delete(id as number);
		if ("return" in message) pending.resolve(message["return"]);
		else pending.reject(new EngineError("runtime_failed", `qemu: ${errorText(message["error"])}`));
		return true;
	}

	#refuse(what: string): false {
		this.#socket.destroy();
		this.#end(new EngineError("corrupt", `qemu of ${this.#name} sent ${what}`));
		return false;
	}

	#end(error?: Error): void {
		if (this.#failure !== undefined) return;
		this.#failure =
			error instanceof EngineError
				? error
				: new EngineError("unavailable", `qemu of ${this.#name} is gone`, { cause: error });
		this.#socket.end();
		for (const { reject } of this.#pending.values()) reject(this.#failure);
		this.#pending.clear();
		for (const listener of [...this.#listeners]) listener("SHUTDOWN", undefined);
	}
}

function parseObject(line: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(line);
		return typeof value === "object" && value !== null && !Array.isArray(value)
			? (value as Record<string, unknown>)
			: undefined;
	} catch {
		return undefined;
	}
}

const maxErrorChars = 1024;

function errorText(error: unknown): string {
	const desc = typeof error === "object" && error !== null ? (error as { desc?: unknown }).desc : undefined;
	return typeof desc === "string" ? desc.slice(0, maxErrorChars) : "no reason given";
}
