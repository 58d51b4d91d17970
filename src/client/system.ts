import type {
	AuthResponse,
	ContainerSummary,
	EventMessage,
	ImageSummary,
	SystemVersion,
	Volume,
} from "../api/index.ts";
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

/** `/system/df` before API 1.52, which every engine still answers unless asked otherwise. */
export interface DiskUsage {
	readonly LayersSize?: number;
	readonly Images?: readonly ImageSummary[] | null;
	readonly Containers?: readonly ContainerSummary[] | null;
	readonly Volumes?: readonly Volume[] | null;
	readonly BuildCache?: readonly BuildCacheRecord[] | null;
}

export interface BuildCacheRecord {
	readonly ID?: string;
	readonly Type?: string;
	readonly Description?: string;
	readonly InUse?: boolean;
	readonly Shared?: boolean;
	readonly Size?: number;
	readonly CreatedAt?: string;
	readonly LastUsedAt?: string;
	readonly UsageCount?: number;
}

export function systemDataUsage(engine: Engine): Promise<DiskUsage> {
	return callJson(engine, { method: "GET", path: "/system/df" });
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
