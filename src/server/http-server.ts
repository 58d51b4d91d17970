import { createServer, type Server as SocketServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { EngineError, type Logger } from "../lib/index.ts";
import type { HeaderFields } from "./connection/response.ts";
import { type Exchange, serveConnection } from "./connection/serve-connection.ts";

export type ListenAddress =
	/** A unix socket; whoever may open it rules the host, so only its owner and group may. */
	| { readonly path: string }
	| { readonly host: string; readonly port: number }
	/** A socket that somebody else has opened and listens. */
	| { readonly fd: number };

export interface HttpServer {
	/** Serves on an address too; may be called more than once. Rejects with the system's error (`EADDRINUSE`). */
	listen(address: ListenAddress): Promise<{ readonly port: number | undefined }>;
	/**
	 * Stops listening, aborts what is under way and resolves when every connection is over, or after a few seconds
	 * when the handler does not heed its signal.
	 */
	close(): Promise<void>;
}

export interface HttpServerOptions {
	/** Answers one request. Never rejects. */
	readonly handle: (exchange: Exchange) => Promise<void>;
	/** Fields of every answer. */
	readonly headers: HeaderFields;
	readonly log: Logger;
	/** PEM; serves HTTPS. */
	readonly tls?: { readonly cert: string; readonly key: string };
}

/** How long answers under way may take to end when the server closes. */
const closeGraceMs = 2_000;

/** HTTP/1.1 for whoever answers requests: the Engine API, a registry. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
	const closing = new AbortController();
	const listeners: SocketServer[] = [];
	const connections = new Map<object, Promise<void>>();
	const sockets = new Set<{ destroy(): void }>();
	const connection = { ...options, signal: closing.signal };

	const serve = (socket: Parameters<typeof serveConnection>[0]) => {
		sockets.add(socket);
		const served = serveConnection(socket, connection).finally(() => {
			sockets.delete(socket);
			connections.delete(socket);
		});
		connections.set(socket, served);
	};
	const listenOn = (address: ListenAddress) => {
		const settings = { allowHalfOpen: true };
		const listener =
			options.tls === undefined
				? createServer(settings, serve)
				: createTlsServer({ ...settings, ...options.tls }, serve);
		const { promise, resolve, reject } = Promise.withResolvers<SocketServer>();
		listener.once("error", reject);
		listener.listen(address, () => {
			listener.off("error", reject);
			resolve(listener);
		});
		return promise;
	};

	return {
		async listen(address) {
			const listener = await listenOn(address);
			listeners.push(listener);
			const bound = listener.address();
			return { port: typeof bound === "object" ? bound?.port : undefined };
		},
		async close() {
			closing.abort(new EngineError("unavailable", "the engine is shutting down"));
			for (const listener of listeners.splice(0)) listener.close();
			const over = Promise.all(connections.values());
			if (await isSettled(over, closeGraceMs)) return;
			for (const socket of sockets) socket.destroy();
			if (await isSettled(over, closeGraceMs)) return;
			options.log.warn("answers are still under way", { count: connections.size });
		},
	};
}

/** Waits for a promise, but not longer than that. */
async function isSettled(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
	const late = Promise.withResolvers<false>();
	const timer = setTimeout(() => late.resolve(false), timeoutMs);
	const settled = await Promise.race([promise.then(() => true), late.promise]);
	clearTimeout(timer);
	return settled;
}
