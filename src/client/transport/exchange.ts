import type { Socket } from "node:net";
import { HTTPParser } from "http-parser-js";
import { EngineError } from "../../lib/index.ts";
import { formatAddress } from "./address.ts";
import { type ByteQueue, createByteQueue } from "./byte-queue.ts";
import { connect } from "./connect.ts";
import { drained } from "./drained.ts";
import type { Engine } from "./engine.ts";
import { type EngineRequest, formatRequest } from "./request.ts";
import { messageOf, ResponseError } from "./response-error.ts";

/** An answer whose head is there; the body follows as it is read. */
export interface EngineAnswer {
	readonly status: number;
	/** Names in lower case. */
	readonly headers: ReadonlyMap<string, string>;
	readonly body: AsyncIterable<Buffer>;
	readonly socket: Socket;
	/** Drops the connection, whatever has been read. */
	close(): void;
}

/**
 * Sends one request and gives the answer's head. Statuses from 400 on are thrown as {@link ResponseError}. With
 * `hijack` the body of a 101 or 200 answer is the raw connection.
 */
export async function exchange(engine: Engine, request: EngineRequest): Promise<EngineAnswer> {
	const socket = await connect(engine.address, request.signal);
	const { signal } = request;
	const onAbort = () =>
		socket.destroy(new EngineError("cancelled", "the request was cancelled", { cause: signal?.reason }));
	signal?.addEventListener("abort", onAbort, { once: true });
	socket.once("close", () => signal?.removeEventListener("abort", onAbort));
	try {
		const head = readAnswer(socket, engine, request);
		socket.write(formatRequest(engine, request));
		if (request.body !== undefined && "stream" in request.body)
			sendBody(socket, request.body.stream).catch((error) => socket.destroy(error));
		const answer = await head;
		if (answer.status < 400) return answer;
		throw new ResponseError(answer.status, messageOf(answer.status, await readText(answer)));
	} catch (error) {
		socket.destroy();
		throw error;
	}
}

/** Listens before anything is sent, so that no byte of the answer is missed. */
function readAnswer(socket: Socket, engine: Engine, request: EngineRequest): Promise<EngineAnswer> {
	const { promise, resolve, reject } = Promise.withResolvers<EngineAnswer>();
	const body = createByteQueue(socket);
	const state = { head: false, complete: false, raw: false };
	const fail = (error: Error) => {
		reject(error);
		body.finish(error);
		socket.destroy();
	};
	const parser = createParser({
		onHead(status, headers) {
			state.head = true;
			state.raw = request.hijack === true && (status === 101 || status === 200);
			resolve({ status, headers, body, socket, close: () => socket.destroy() });
			if (state.raw) return "stop";
			return request.method === "HEAD" ? "no-body" : "body";
		},
		onBody: (chunk) => body.push(chunk),
		onComplete() {
			if (state.raw) return;
			state.complete = true;
			body.finish();
			socket.end();
		},
	});
	socket.on("data", (chunk: Buffer) => {
		if (state.raw) return body.push(chunk);
		const used = parser.execute(chunk);
		if (used instanceof Error)
			return fail(new EngineError("corrupt", `${where(engine)} does not speak HTTP: ${used.message}`));
		if (state.raw) body.push(chunk.subarray(used));
	});
	socket.on("end", () => endAnswer(state, { body, parser, fail, engine }));
	socket.on("error", (error) => {
		if (state.raw || state.complete) return body.finish(error instanceof EngineError ? error : undefined);
		fail(error instanceof EngineError ? error : lost(engine, error));
	});
	socket.on("close", () => {
		if (!state.raw && !state.complete) fail(lost(engine));
		body.finish();
	});
	return promise;
}

function endAnswer(
	state: { readonly raw: boolean; readonly complete: boolean },
	parts: { body: ByteQueue; parser: Parser; fail: (error: Error) => void; engine: Engine },
): void {
	if (state.raw) {
		parts.body.finish();
	} else if (!state.complete) {
		// Completes an answer that lasts as long as its connection; nothing else can complete it now.
		parts.parser.finish();
		if (!state.complete) parts.fail(lost(parts.engine));
	}
}

type Parser = InstanceType<typeof HTTPParser>;

interface ParserEvents {
	onHead(status: number, headers: ReadonlyMap<string, string>): "body" | "no-body" | "stop";
	onBody(chunk: Buffer): void;
	onComplete(): void;
}

function createParser(events: ParserEvents): Parser {
	const parser = new HTTPParser(HTTPParser.RESPONSE);
	const returns = { body: 0, "no-body": 1, stop: 2 } as const;
	// "100 Continue" is a whole message of its own before the answer.
	let interim = false;
	parser[HTTPParser.kOnHeadersComplete] = (info) => {
		interim = info.statusCode === 100;
		if (interim) return 0;
		return returns[events.onHead(info.statusCode, headerMap(info.headers))];
	};
	parser[HTTPParser.kOnBody] = (chunk, offset, length) =>
		events.onBody(chunk.subarray(offset, offset + length));
	parser[HTTPParser.kOnMessageComplete] = () => {
		if (!interim) events.onComplete();
	};
	return parser;
}

function headerMap(flat: readonly string[]): ReadonlyMap<string, string> {
	const headers = new Map<string, string>();
	for (let index = 0; index + 1 < flat.length; index += 2)
		headers.set(flat[index]!.toLowerCase(), flat[index + 1]!);
	return headers;
}

function where(engine: Engine): string {
	return formatAddress(engine.address);
}

function lost(engine: Engine, cause?: Error): EngineError {
	return new EngineError("unavailable", `the engine at ${where(engine)} closed the connection`, { cause });
}

async function sendBody(socket: Socket, stream: AsyncIterable<Uint8Array>): Promise<void> {
	for await (const chunk of stream) {
		if (socket.destroyed || socket.writableEnded) return;
		if (chunk.length === 0) continue;
		socket.cork();
		socket.write(`${chunk.length.toString(16)}\r\n`);
		socket.write(chunk);
		const flowing = socket.write("\r\n");
		socket.uncork();
		if (!flowing) await drained(socket);
	}
	if (!socket.destroyed && !socket.writableEnded) socket.write("0\r\n\r\n");
}

/** The whole body as text. */
export async function readText(answer: EngineAnswer): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of answer.body) chunks.push(chunk);
	return chunks.length === 1 ? chunks[0]!.toString() : Buffer.concat(chunks).toString();
}
