import type { AuthResponse, EventMessage, SystemVersion } from "../api/index.ts";
import type { RegistryCredentials } from "./images.ts";
import { callEmpty, callJson, callText, callTextLines } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import type { Filters, Query } from "./transport/request.ts";

/** True when the engine answers. Throws `unavailable` when it does not. */
export function systemPing(engine: Engine, signal?: AbortSignal): Promise<boolean> {
	return callEmpty(engine, { method: "GET", path: "/_ping", signal });
}

export function systemVersion(engine: Engine): Promise<SystemVersion> {
	return callJson(engine, { method: "GET", path: "/version" });
}

/** The document as the engine wrote it. */
export function systemInfoText(engine: Engine): Promise<string> {
	return callText(engine, { method: "GET", path: "/info" });
}

export function systemAuth(engine: Engine, credentials: RegistryCredentials): Promise<AuthResponse> {
	return callJson(engine, { method: "POST", path: "/auth", body: { json: credentials } });
}

export interface EventsQuery extends Query {
	/** Seconds since 1970, with nanoseconds after the point. */
	readonly since?: string;
	readonly until?: string;
	readonly filters?: Filters;
}

/** One event, with the line as the engine wrote it: its nanoseconds do not fit a number. */
export interface ReceivedEvent {
	readonly event: EventMessage;
	readonly line: string;
	/** Nanoseconds since 1970. */
	readonly timeNano: bigint;
}

export async function* systemEvents(
	engine: Engine,
	query: EventsQuery,
	signal?: AbortSignal,
): AsyncGenerator<ReceivedEvent> {
	for await (const line of callTextLines(engine, { method: "GET", path: "/events", query, signal })) {
		const event = JSON.parse(line) as EventMessage;
		const digits = /"timeNano":\s*(\d+)/.exec(line)?.[1];
		const timeNano = digits === undefined ? BigInt(event.time ?? 0) * 1_000_000_000n : BigInt(digits);
		yield { event, line, timeNano };
	}
}
