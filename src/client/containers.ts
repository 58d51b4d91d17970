import type {
	ContainerCreateRequest,
	ContainerCreateResponse,
	ContainerInspectResponse,
	ContainerPruneResponse,
	ContainerStatsResponse,
	ContainerSummary,
	ContainerTopResponse,
	ContainerUpdateRequest,
	ContainerUpdateResponse,
	ContainerWaitResponse,
	FilesystemChange,
	IDResponse,
} from "../api/index.ts";
import { callBytes, callEmpty, callJson, callLines, callText } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { hijack, type RawStream } from "./transport/hijack.ts";
import { type Filters, type Query, segment } from "./transport/request.ts";

/** Operations on containers, named after the Engine API's: `ContainerList` is {@link containerList}. */

export interface ContainerListQuery extends Query {
	readonly all?: boolean;
	readonly limit?: number;
	readonly size?: boolean;
	readonly filters?: Filters;
}

export function containerList(engine: Engine, query: ContainerListQuery = {}): Promise<ContainerSummary[]> {
	return callJson(engine, { method: "GET", path: "/containers/json", query });
}

export function containerCreate(
	engine: Engine,
	body: ContainerCreateRequest,
	query: { name?: string; platform?: string } = {},
): Promise<ContainerCreateResponse> {
	return callJson(engine, { method: "POST", path: "/containers/create", query, body: { json: body } });
}

export async function containerInspect(
	engine: Engine,
	id: string,
	query: { size?: boolean } = {},
): Promise<ContainerInspectResponse> {
	return JSON.parse(await containerInspectText(engine, id, query)) as ContainerInspectResponse;
}

/** The document as the engine wrote it: order, spelling and big numbers are kept. */
export function containerInspectText(
	engine: Engine,
	id: string,
	query: { size?: boolean } = {},
): Promise<string> {
	return callText(engine, { method: "GET", path: at(id, "json"), query });
}

/** False when it ran already. */
export function containerStart(
	engine: Engine,
	id: string,
	query: { detachKeys?: string; checkpoint?: string; "checkpoint-dir"?: string } = {},
): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: at(id, "start"), query });
}

/** `t`: seconds until the process is killed; -1 waits for ever. */
export interface StopQuery extends Query {
	readonly t?: number;
	readonly signal?: string;
}

export function containerStop(engine: Engine, id: string, query: StopQuery = {}): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: at(id, "stop"), query });
}

export function containerRestart(engine: Engine, id: string, query: StopQuery = {}): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: at(id, "restart"), query });
}

export function containerKill(engine: Engine, id: string, query: { signal?: string } = {}): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: at(id, "kill"), query });
}

export function containerPause(engine: Engine, id: string): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: at(id, "pause") });
}

export function containerUnpause(engine: Engine, id: string): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: at(id, "unpause") });
}

export function containerRename(engine: Engine, id: string, name: string): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: at(id, "rename"), query: { name } });
}

export function containerUpdate(
	engine: Engine,
	id: string,
	body: ContainerUpdateRequest,
): Promise<ContainerUpdateResponse> {
	return callJson(engine, { method: "POST", path: at(id, "update"), body: { json: body } });
}

export function containerDelete(
	engine: Engine,
	id: string,
	query: { force?: boolean; v?: boolean; link?: boolean } = {},
): Promise<boolean> {
	return callEmpty(engine, { method: "DELETE", path: `/containers/${segment(id)}`, query });
}

export function containerPrune(engine: Engine, filters: Filters = {}): Promise<ContainerPruneResponse> {
	return callJson(engine, { method: "POST", path: "/containers/prune", query: { filters } });
}

/** `h` and `w`: character cells. */
export function containerResize(
	engine: Engine,
	id: string,
	query: { h: number; w: number },
): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: at(id, "resize"), query });
}

/**
 * Resolves when the engine has the wait in place, so that whatever is started next cannot end unseen; the function it
 * gives waits for the end. `removed` also waits until the container is gone.
 */
export async function containerWait(
	engine: Engine,
	id: string,
	options: { condition?: "not-running" | "next-exit" | "removed"; signal?: AbortSignal } = {},
): Promise<() => Promise<ContainerWaitResponse>> {
	const { condition, signal } = options;
	const { exchange, readText } = await import("./transport/exchange.ts");
	const answer = await exchange(engine, {
		method: "POST",
		path: at(id, "wait"),
		query: { condition },
		signal,
	});
	return async () => JSON.parse(await readText(answer)) as ContainerWaitResponse;
}

export interface AttachQuery extends Query {
	readonly stream?: boolean;
	readonly logs?: boolean;
	readonly stdin?: boolean;
	readonly stdout?: boolean;
	readonly stderr?: boolean;
	readonly detachKeys?: string;
}

export function containerAttach(
	engine: Engine,
	id: string,
	query: AttachQuery,
	signal?: AbortSignal,
): Promise<RawStream> {
	return hijack(engine, { method: "POST", path: at(id, "attach"), query, signal });
}

export interface LogsQuery extends Query {
	readonly follow?: boolean;
	readonly stdout?: boolean;
	readonly stderr?: boolean;
	readonly since?: string;
	readonly until?: string;
	readonly timestamps?: boolean;
	readonly details?: boolean;
	readonly tail?: string;
}

/** `multiplexed` is `undefined` when the engine does not say (API before 1.42): the container's `Tty` tells. */
export async function containerLogs(
	engine: Engine,
	id: string,
	query: LogsQuery,
	signal?: AbortSignal,
): Promise<{ output: AsyncIterable<Buffer>; multiplexed: boolean | undefined }> {
	const { exchange } = await import("./transport/exchange.ts");
	const answer = await exchange(engine, { method: "GET", path: at(id, "logs"), query, signal });
	const type = answer.headers.get("content-type");
	const known: Record<string, boolean> = {
		"application/vnd.docker.multiplexed-stream": true,
		"application/vnd.docker.raw-stream": false,
	};
	return { output: answer.body, multiplexed: known[type ?? ""] };
}

export function containerTop(
	engine: Engine,
	id: string,
	query: { ps_args?: string } = {},
): Promise<ContainerTopResponse> {
	return callJson(engine, { method: "GET", path: at(id, "top"), query });
}

export function containerStats(
	engine: Engine,
	id: string,
	options: { stream: boolean; signal?: AbortSignal },
): AsyncIterable<ContainerStatsResponse> {
	const query = { stream: options.stream ? "1" : "0" };
	return callLines(engine, { method: "GET", path: at(id, "stats"), query, signal: options.signal });
}

export async function containerChanges(engine: Engine, id: string): Promise<FilesystemChange[]> {
	return (
		(await callJson<FilesystemChange[] | null>(engine, { method: "GET", path: at(id, "changes") })) ?? []
	);
}

/** The file system as a tar. */
export function containerExport(engine: Engine, id: string, signal?: AbortSignal): AsyncIterable<Buffer> {
	return callBytes(engine, { method: "GET", path: at(id, "export"), signal });
}

export function imageCommit(
	engine: Engine,
	query: {
		container: string;
		repo?: string;
		tag?: string;
		comment?: string;
		author?: string;
		pause: string;
		changes?: readonly string[];
	},
): Promise<IDResponse> {
	return callJson(engine, { method: "POST", path: "/commit", query, body: { json: {} } });
}

function at(id: string, verb: string): string {
	return `/containers/${segment(id)}/${verb}`;
}
