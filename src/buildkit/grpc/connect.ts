/** gRPC over HTTP/2 on a connection that was taken over: the other side serves, we call. */
import { type ClientHttp2Stream, connect as connectHttp2, type OutgoingHttpHeaders } from "node:http2";
import type { Socket } from "node:net";
import type { Message } from "../wire/message.ts";
import { decodeMessage } from "./decode.ts";
import { unframe, writeFrames } from "./frames.ts";
import { errorOfTrailers, GrpcError, statusCodes } from "./status.ts";

export interface GrpcConnection {
	/** One message in, one out. Rejects with GrpcError. */
	unary<Request, Response>(
		path: string,
		messages: { readonly request: Message<Request>; readonly response: Message<Response> },
		request: Partial<Request>,
		options: CallOptions,
	): Promise<Response>;
	/** Messages both ways. */
	stream<Request, Response>(
		path: string,
		messages: { readonly request: Message<Request>; readonly response: Message<Response> },
		options: CallOptions,
	): GrpcStream<Request, Response>;
	/** Resolves when the other side is gone, or was let go. */
	readonly closed: Promise<void>;
	close(): void;
}

/** What the other side may send before we have taken it: files come in thousands of small pieces. */
const windowBytes = 4 * 1024 * 1024;

export interface CallOptions {
	readonly signal: AbortSignal;
	readonly metadata?: OutgoingHttpHeaders;
}

export interface GrpcStream<Request, Response> extends Disposable {
	/** Waits while the other side is slow. Several go out in one piece. */
	send(...messages: readonly Partial<Request>[]): Promise<void>;
	/** Nothing more will be sent. */
	endSending(): void;
	/** What comes back, once; fails with GrpcError when the call does. */
	readonly messages: AsyncIterable<Response>;
}

export function connectGrpc(socket: Socket): GrpcConnection {
	const { promise: closed, resolve } = Promise.withResolvers<void>();
	const session = connectHttp2("http://session", {
		createConnection: () => socket,
		settings: { initialWindowSize: windowBytes },
	});
	session.once("connect", () => session.setLocalWindowSize(windowBytes));
	// Calls that are under way fail by themselves.
	session.on("error", () => session.destroy());
	session.on("close", resolve);
	socket.on("close", () => {
		session.destroy();
		resolve();
	});

	const open = (path: string, { signal, metadata }: CallOptions): ClientHttp2Stream => {
		signal.throwIfAborted();
		if (session.closed || session.destroyed)
			throw new GrpcError(statusCodes.unavailable, "the client's session is over");
		return session.request({
			...metadata,
			":method": "POST",
			":path": path,
			"content-type": "application/grpc",
			te: "trailers",
		});
	};
	const connection: GrpcConnection = {
		closed,
		close: () => session.destroy(),
		stream(path, messages, options) {
			return createStream(open(path, options), messages, options.signal);
		},
		async unary(path, messages, request, options) {
			using call = connection.stream(path, messages, options);
			await call.send(request);
			call.endSending();
			let answer: unknown;
			for await (const response of call.messages) answer = response;
			if (answer === undefined) throw new GrpcError(statusCodes.internal, `${path} answered nothing`);
			return answer as never;
		},
	};
	return connection;
}

function createStream<Request, Response>(
	stream: ClientHttp2Stream,
	messages: { readonly request: Message<Request>; readonly response: Message<Response> },
	signal: AbortSignal,
): GrpcStream<Request, Response> {
	let trailers: Record<string, unknown> | undefined;
	const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
	let broken: unknown;
	stream.on("response", (headers) => {
		// A call that fails at once has its status in the head.
		if (headers["grpc-status"] !== undefined) trailers = headers;
	});
	stream.on("trailers", (headers) => {
		trailers = headers;
	});
	stream.on("error", (error) => {
		broken = error;
	});
	stream.on("close", onClosed);
	const cancel = () => stream.destroy();
	signal.addEventListener("abort", cancel, { once: true });
	return {
		send: (...sent) => writeFrames(stream, ...sent.map((message) => messages.request.encode(message))),
		endSending: () => {
			if (!stream.destroyed) stream.end();
		},
		messages: receive(),
		[Symbol.dispose]() {
			signal.removeEventListener("abort", cancel);
			if (!stream.closed) stream.destroy();
		},
	};

	async function* receive(): AsyncGenerator<Response> {
		try {
			for await (const bytes of unframe(stream)) yield decodeMessage(messages.response, bytes);
		} catch (error) {
			signal.throwIfAborted();
			if (error instanceof GrpcError || trailers === undefined) throw asBroken(error);
		}
		signal.throwIfAborted();
		// The end of data may be seen before the trailers.
		if (trailers === undefined) await closed;
		signal.throwIfAborted();
		const failure = trailers === undefined ? asBroken(broken) : errorOfTrailers(trailers);
		if (failure !== undefined) throw failure;
	}
}

function asBroken(error: unknown): GrpcError {
	if (error instanceof GrpcError) return error;
	return new GrpcError(statusCodes.unavailable, "the client's session is over", { cause: error });
}
