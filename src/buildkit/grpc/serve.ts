/** gRPC over HTTP/2 on a connection that was taken over: we are the server. */
import { type IncomingHttpHeaders, performServerHandshake, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Logger } from "../../lib/index.ts";
import { unframe, writeFrames } from "./frames.ts";
import type { IncomingCall, Method } from "./service.ts";
import { GrpcError, statusCodes, statusTrailers, toGrpcError } from "./status.ts";

/** Calls that one connection may have under way. */
const maxCalls = 200;

/** Resolves when the connection is over. */
export function serveGrpc(
	socket: Socket,
	methods: ReadonlyMap<string, Method>,
	options: { readonly signal: AbortSignal; readonly log: Logger },
): Promise<void> {
	const { promise: over, resolve } = Promise.withResolvers<void>();
	const session = performServerHandshake(socket, { settings: { maxConcurrentStreams: maxCalls } });
	const stop = () => session.destroy();
	options.signal.addEventListener("abort", stop, { once: true });
	session.on("stream", (stream, headers) => void serveCall(stream, headers, { methods, ...options }));
	session.on("error", (error) => options.log.debug("grpc connection broken off", { error }));
	session.on("close", resolve);
	socket.on("close", () => {
		session.destroy();
		resolve();
	});
	if (options.signal.aborted) stop();
	return over.finally(() => options.signal.removeEventListener("abort", stop));
}

/** Never rejects. */
async function serveCall(
	stream: ServerHttp2Stream,
	headers: IncomingHttpHeaders,
	context: { readonly methods: ReadonlyMap<string, Method>; readonly log: Logger },
): Promise<void> {
	const gone = new AbortController();
	let answered = false;
	stream.on("close", () => {
		if (!answered) gone.abort(new GrpcError(statusCodes.cancelled, "the caller went away"));
	});
	stream.on("error", (error) => context.log.debug("grpc call broken off", { error }));
	const path = String(headers[":path"]);
	let failure: GrpcError | undefined;
	let trailers = statusTrailers(undefined);
	stream.on("wantTrailers", () => stream.sendTrailers(trailers));
	stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
	try {
		const method = context.methods.get(path);
		if (method === undefined) throw new GrpcError(statusCodes.unimplemented, `unknown method ${path}`);
		const call: IncomingCall = { metadata: metadataOf(headers), signal: gone.signal };
		for await (const response of method.serve(unframe(stream), call)) await writeFrames(stream, response);
	} catch (error) {
		failure = toGrpcError(error);
		if (failure.code === statusCodes.internal && !gone.signal.aborted)
			context.log.error("grpc call failed", { path, error });
	}
	answered = true;
	trailers = statusTrailers(failure);
	if (!stream.destroyed) stream.end();
}

function metadataOf(headers: IncomingHttpHeaders): ReadonlyMap<string, string> {
	return new Map(
		Object.entries(headers).flatMap(([name, value]) => {
			const first = Array.isArray(value) ? value[0] : value;
			return name.startsWith(":") || first === undefined ? [] : [[name, first] as const];
		}),
	);
}
