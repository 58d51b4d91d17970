/**
 * BuildKit's interface for unmodified clients (buildx, Compose): two kinds of connections, both HTTP/2 with gRPC.
 *
 * Vocabulary:
 * - **control**: a connection on which the client calls: start a build (`Solve`), watch it (`Status`), look at the cache.
 * - **session**: a connection on which the *engine* calls and the client serves: its files, secrets, credentials, agents,
 *   and the files that a build gives back.
 * - **ref**: the client's name of one build; `Solve` and `Status` of it and the calls of its bridge carry it.
 * - **bridge**: calls by which a client steers a build while `Solve` waits: it asks for a frontend to be solved and
 *   hands back what is to be exported.
 *
 * The one frontend is the engine's own builder under the name `dockerfile.v0`.
 */
import type { Socket } from "node:net";
import type { Builder, Contexts } from "../builder/index.ts";
import type { Logger } from "../lib/index.ts";
import type { Platform } from "../oci/index.ts";

export interface Buildkit {
	/** A control connection. Resolves when it is over. */
	grpc(socket: Socket, signal: AbortSignal): Promise<void>;
	/** A session. Headers are those of the request that was upgraded. */
	session(socket: Socket, headers: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void>;
}

export interface BuildkitOptions {
	readonly builder: Builder;
	readonly contexts: Contexts;
	/** Folder for clients' files; what is in it may be lost. */
	readonly root: string;
	/** The engine's identity. */
	readonly workerId: string;
	readonly hostname: string;
	readonly version: string;
	/** What a RUN can be for here now, the engine's own first. */
	platforms(): readonly Platform[];
	readonly log: Logger;
}
