import type { HullSocket, HullSocketDecision } from "../api/index.ts";

/** Scoped sockets and their policies. */
export interface SocketsBackend {
	list(): HullSocket[];
	/** What the policy of a socket says to a call with this body. `not_found` for a socket that there is not. */
	explain(name: string, call: { readonly operation: string; readonly body: unknown }): HullSocketDecision;
}
