import type { Socket } from "node:net";

/** BuildKit's interface: gRPC over connections that were upgraded to HTTP/2. Both resolve when the client is gone. */
export interface BuildkitBackend {
	/** The client calls, the engine answers: builds, cache, workers. */
	grpc(socket: Socket, signal: AbortSignal): Promise<void>;
	/** The client answers: its files, secrets and credentials for a build. Headers say who it is and what it has. */
	session(socket: Socket, headers: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void>;
}
