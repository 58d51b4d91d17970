/** One client's connection: requests in, answers out, in order, until either side has enough. */
import type { Socket } from "node:net";
import { EngineError, type Logger } from "../../lib/index.ts";
import { createRequestBody, type RequestBody } from "./request-body.ts";
import { BadRequest, createRequestParser, type RequestHead, type RequestParser } from "./request-parser.ts";
import { createResponse, type HeaderFields, type Response, reasons } from "./response.ts";
import { createWire, type Wire } from "./wire.ts";

/** One request and the means to answer it. */
export interface Exchange {
	readonly request: RequestHead;
	readonly body: RequestBody;
	readonly response: Response;
	readonly wire: Wire;
	/** Of the connection, while it is open. */
	readonly descriptor: number | undefined;
	/** Aborts when the client is gone (see {@link Exchange.endMeansGone}) or the server closes. */
	readonly signal: AbortSignal;
	/**
	 * From here on a client that ends its side counts as gone, as with Docker. Not called for operations that take
	 * the connection over: there it is the end of stdin.
	 */
	endMeansGone(): void;
}

export interface ConnectionOptions {
	/** Answers one request. Never rejects. */
	readonly handle: (exchange: Exchange) => Promise<void>;
	/** Fields of every answer. */
	readonly headers: HeaderFields;
	readonly log: Logger;
	/** Aborts when the server closes. */
	readonly signal: AbortSignal;
}

/** How long a client may take from the first byte of a request's head to the last. */
const headTimeoutMs = 60_000;
/** A body that nobody read is read and dropped up to here, so that the connection can be used again. */
const drainBytes = 256 * 1024;
/** How long a client may take to notice that the connection was ended. */
const lingerMs = 5_000;

/** Resolves when the connection is over. The socket needs `allowHalfOpen`. */
export async function serveConnection(socket: Socket, options: ConnectionOptions): Promise<void> {
	const wire = createWire(socket);
	const parser = createRequestParser();
	const descriptor = (socket as { readonly _handle?: { readonly fd?: number } })._handle?.fd;
	let current: Current | undefined;
	const stop = () => {
		if (current?.busy) current.gone.abort(options.signal.reason);
		else wire.destroy();
	};
	options.signal.addEventListener("abort", stop, { once: true });
	try {
		let reusable = true;
		while (reusable && !options.signal.aborted) {
			current = { gone: new AbortController(), busy: false };
			reusable = await serveRequest({ wire, parser, current, descriptor }, options);
		}
		await linger(wire);
	} catch (error) {
		options.log.error("connection failed", { error });
	} finally {
		options.signal.removeEventListener("abort", stop);
		wire.destroy();
	}
}

/** The request that is awaited or being answered. */
interface Current {
	readonly gone: AbortController;
	/** Its head has arrived. */
	busy: boolean;
}

interface Connection {
	readonly wire: Wire;
	readonly parser: RequestParser;
	readonly current: Current;
	readonly descriptor: number | undefined;
}

/** False when the connection is not to be used again. */
async function serveRequest(connection: Connection, options: ConnectionOptions): Promise<boolean> {
	const { wire, parser, current } = connection;
	const first: Buffer[] = [];
	const request = await readHead(wire, parser, first);
	if (request === undefined) return false;
	current.busy = true;
	const body = createRequestBody({
		wire,
		parser,
		head: request,
		first,
		onFirstRead: () => wire.write(Buffer.from("HTTP/1.1 100 Continue\r\n\r\n", "latin1")),
	});
	const response = createResponse({
		wire,
		request,
		headers: options.headers,
		mustClose: () => body.awaited || (!body.complete && !isShort(request)),
	});
	const leave = () => current.gone.abort(new EngineError("cancelled", "the client went away"));
	wire.onClose(leave);
	await options.handle({
		request,
		body,
		response,
		wire,
		descriptor: connection.descriptor,
		signal: current.gone.signal,
		endMeansGone: () => wire.onEnd(leave),
	});
	wire.onClose(() => {});
	wire.onEnd(() => {});
	if (!response.reusable) return false;
	if (!(await body.drain(drainBytes))) return false;
	parser.next();
	return true;
}

/** Reads until the head is complete; `undefined` when the client ends, or sent what is no request (it is told so). */
async function readHead(wire: Wire, parser: RequestParser, body: Buffer[]): Promise<RequestHead | undefined> {
	let timer: ReturnType<typeof setTimeout> | undefined;
	try {
		for (;;) {
			const chunk = await wire.read();
			if (chunk === undefined) return undefined;
			const used = parser.feed(chunk, (slice) => body.push(slice));
			if (used < chunk.length) wire.unread(chunk.subarray(used));
			if (parser.head !== undefined) return parser.head;
			timer ??= setTimeout(() => wire.destroy(), headTimeoutMs);
		}
	} catch (error) {
		if (!(error instanceof BadRequest)) throw error;
		refuse(wire, error);
		return undefined;
	} finally {
		clearTimeout(timer);
	}
}

function refuse(wire: Wire, error: BadRequest): void {
	const body = JSON.stringify({ message: error.message });
	const head =
		`HTTP/1.1 ${error.status} ${reasons[error.status] ?? "Bad Request"}\r\n` +
		`Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
	wire.write(Buffer.from(head + body, "latin1"));
}

function isShort(request: RequestHead): boolean {
	return request.contentLength !== undefined && request.contentLength <= drainBytes;
}

/**
 * Ends our side and takes what still comes: closing with unread bytes would break the connection before the client
 * has read the answer. A client may read as slowly as it likes; the time runs from when it has everything.
 */
async function linger(wire: Wire): Promise<void> {
	await wire.end();
	const timer = setTimeout(() => wire.destroy(), lingerMs);
	while (!wire.closed && (await wire.read()) !== undefined);
	clearTimeout(timer);
}
