/**
 * Clients' sessions: connections on which the client serves its files, secrets and credentials for as long as its
 * builds run. A build names its session by id; the two connections come in any order, so who asks waits a little.
 */
import type { Socket } from "node:net";
import { EngineError } from "../../lib/index.ts";
import { connectGrpc, type GrpcConnection } from "../grpc/connect.ts";

export interface Session {
	readonly id: string;
	/** What clients of one folder have in common: files that were sent once are looked for under it. Or empty. */
	readonly sharedKey: string;
	readonly connection: GrpcConnection;
	/** The client serves this method (`/package.Service/Method`). */
	serves(path: string): boolean;
	/** Aborts when the client is gone. */
	readonly signal: AbortSignal;
}

export interface Sessions {
	/** Takes a client's connection; resolves when it is over. Headers are those of `POST /session`. */
	serve(socket: Socket, headers: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void>;
	/** `unavailable` when no such client comes within a few seconds. */
	get(id: string, signal: AbortSignal): Promise<Session>;
}

const header = {
	id: "x-docker-expose-session-uuid",
	sharedKey: "x-docker-expose-session-sharedkey",
	methods: "x-docker-expose-session-grpc-method",
} as const;
/** How long a build waits for its session. */
const patienceMs = 10_000;
const maxSessions = 1000;

export function createSessions(): Sessions {
	const sessions = new Map<string, Session>();
	const waiting = new Map<string, PromiseWithResolvers<Session>>();

	return {
		async serve(socket, headers, signal) {
			const id = headers.get(header.id) ?? "";
			if (!/^[\w.:-]{1,128}$/.test(id) || sessions.has(id) || sessions.size >= maxSessions) return;
			const gone = new AbortController();
			const methods = new Set((headers.get(header.methods) ?? "").toLowerCase().split(/,\s*/));
			const connection = connectGrpc(socket);
			const session: Session = {
				id,
				sharedKey: (headers.get(header.sharedKey) ?? "").slice(0, 256),
				connection,
				serves: (path) => methods.has(path.toLowerCase()),
				signal: gone.signal,
			};
			const stop = () => connection.close();
			signal.addEventListener("abort", stop, { once: true });
			sessions.set(id, session);
			waiting.get(id)?.resolve(session);
			await connection.closed;
			signal.removeEventListener("abort", stop);
			sessions.delete(id);
			gone.abort(new EngineError("cancelled", "the client's session is over"));
		},
		async get(id, signal) {
			const found = sessions.get(id);
			if (found !== undefined) return found;
			const arrival = waiting.get(id) ?? Promise.withResolvers<Session>();
			waiting.set(id, arrival);
			const late = Promise.withResolvers<never>();
			// Whoever waits for an arrival that nobody looks at any more.
			arrival.promise.catch(() => undefined);
			const leave = () => late.reject(signal.reason);
			const timer = setTimeout(
				() => late.reject(new EngineError("unavailable", `no active session for ${id}`)),
				patienceMs,
			);
			signal.addEventListener("abort", leave, { once: true });
			try {
				signal.throwIfAborted();
				return await Promise.race([arrival.promise, late.promise]);
			} finally {
				clearTimeout(timer);
				signal.removeEventListener("abort", leave);
				waiting.delete(id);
			}
		},
	};
}
