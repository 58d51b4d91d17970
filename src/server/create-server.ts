import { chmodSync } from "node:fs";
import { createServer as createSocketServer, type Server as SocketServer } from "node:net";
import { EngineError, type Logger } from "../lib/index.ts";
import { createAnswerer } from "./answer.ts";
import { newestApiVersion } from "./api-version.ts";
import type { Backends } from "./backends.ts";
import { serveConnection } from "./connection/serve-connection.ts";
import { allRoutes } from "./routes/all.ts";

export type ListenAddress =
	/** A unix socket; whoever may open it rules the host, so only its owner and group may. */
	{ readonly path: string } | { readonly host: string; readonly port: number };

export interface Server {
	/** Serves on an address too; may be called more than once. Rejects with the system's error (`EADDRINUSE`). */
	listen(address: ListenAddress): Promise<{ readonly port: number | undefined }>;
	/**
	 * Stops listening, aborts what is under way and resolves when every connection is over, or after a few seconds
	 * when a backend does not heed its signal.
	 */
	close(): Promise<void>;
}

export interface ServerOptions {
	readonly backends: Backends;
	readonly log: Logger;
	/** The engine's version, for the `Server` field of answers. */
	readonly version?: string;
}

/** How long answers under way may take to end when the server closes. */
const closeGraceMs = 2_000;

/** The Engine API over HTTP/1.1. */
export function createServer(options: ServerOptions): Server {
	const closing = new AbortController();
	const listeners: SocketServer[] = [];
	const connections = new Map<object, Promise<void>>();
	const sockets = new Set<{ destroy(): void }>();
	const connection = {
		handle: createAnswerer(allRoutes(options.backends), options.log),
		headers: {
			"Api-Version": newestApiVersion,
			"Docker-Experimental": "false",
			Ostype: "linux",
			Server: `Hull/${options.version ?? "0"} (linux)`,
		},
		log: options.log,
		signal: closing.signal,
	};

	const listenOn = (address: ListenAddress) => {
		const listener = createSocketServer({ allowHalfOpen: true }, (socket) => {
			sockets.add(socket);
			const served = serveConnection(socket, connection).finally(() => {
				sockets.delete(socket);
				connections.delete(socket);
			});
			connections.set(socket, served);
		});
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
			if ("path" in address) chmodSync(address.path, 0o660);
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
