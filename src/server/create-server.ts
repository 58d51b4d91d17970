import { chmodSync } from "node:fs";
import type { Logger } from "../lib/index.ts";
import { createAnswerer } from "./answer.ts";
import { newestApiVersion } from "./api-version.ts";
import type { Backends } from "./backends.ts";
import type { Gate } from "./gate.ts";
import { createHttpServer, type ListenAddress } from "./http-server.ts";
import { allRoutes } from "./routes/all.ts";

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
	/** Stands before each call; absent: whoever may open the socket may call everything. */
	readonly gate?: Gate;
}

/** The Engine API over HTTP/1.1. */
export function createServer(options: ServerOptions): Server {
	const server = createHttpServer({
		handle: createAnswerer(allRoutes(options.backends), options.log, options.gate),
		headers: {
			"Api-Version": newestApiVersion,
			"Docker-Experimental": "false",
			Ostype: "linux",
			Server: `Hull/${options.version ?? "0"} (linux)`,
		},
		log: options.log,
	});
	return {
		async listen(address) {
			const bound = await server.listen(address);
			// Whoever may open it rules the host.
			if ("path" in address) chmodSync(address.path, 0o660);
			return bound;
		},
		close: () => server.close(),
	};
}
