import type {
	BuildPruneResponse,
	HullBuildEvent,
	HullBuildMount,
	HullBuildRecord,
	HullBuildRequest,
} from "../api/index.ts";
import { gathered } from "../lib/index.ts";
import { callBytes, callEmpty, callJson, callLines } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { type Filters, segment } from "./transport/request.ts";

export type { HullBuildEvent, HullBuildMount, HullBuildRecord, HullBuildRequest } from "../api/index.ts";

/** Builds; `uploads` are the tars of the contexts of kind `upload`, in the request's order. */
export function hullBuild(
	engine: Engine,
	request: HullBuildRequest,
	options: { uploads?: readonly AsyncIterable<Uint8Array>[]; signal?: AbortSignal } = {},
): AsyncIterable<HullBuildEvent> {
	return callLines(engine, {
		method: "POST",
		path: "/hull/build",
		headers: { "Content-Type": "application/vnd.hull.build.v1" },
		body: { stream: frames(request, options.uploads ?? []) },
		signal: options.signal,
	});
}

export function buildList(engine: Engine): Promise<HullBuildRecord[]> {
	return callJson(engine, { method: "GET", path: "/hull/builds" });
}

/** By id or the beginning of one. */
export function buildInspect(engine: Engine, id: string): Promise<HullBuildRecord> {
	return callJson(engine, { method: "GET", path: `/hull/builds/${segment(id)}` });
}

/** What a build told, and of one that runs what it tells. */
export function buildEvents(engine: Engine, id: string, signal?: AbortSignal): AsyncIterable<HullBuildEvent> {
	return callLines(engine, { method: "GET", path: `/hull/builds/${segment(id)}/events`, signal });
}

export function buildCancel(engine: Engine, id: string): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: "/build/cancel", query: { id } });
}

/** Folders that RUN steps share. Hull only, as the next three; `id` as in `--mount=type=cache,id=…`. */
export function buildMountList(engine: Engine): Promise<HullBuildMount[]> {
	return callJson(engine, { method: "GET", path: "/hull/build-mounts" });
}

/** A tar of its content. */
export function buildMountExport(engine: Engine, id: string): AsyncIterable<Buffer> {
	return callBytes(engine, { method: "GET", path: "/hull/build-mounts/archive", query: { id } });
}

export function buildMountImport(
	engine: Engine,
	id: string,
	archive: AsyncIterable<Uint8Array>,
): Promise<boolean> {
	const body = { stream: archive };
	return callEmpty(engine, { method: "PUT", path: "/hull/build-mounts/archive", query: { id }, body });
}

export function buildMountDelete(engine: Engine, id: string): Promise<boolean> {
	return callEmpty(engine, { method: "DELETE", path: "/hull/build-mounts", query: { id } });
}

export function buildPrune(
	engine: Engine,
	query: {
		all?: boolean;
		"reserved-space"?: number | undefined;
		"max-used-space"?: number | undefined;
		"min-free-space"?: number | undefined;
		filters?: Filters;
	} = {},
): Promise<BuildPruneResponse> {
	return callJson(engine, { method: "POST", path: "/build/prune", query });
}

const maxFrameBytes = 8 * 1024 * 1024;
/** A tar of small files has three pieces for each of them. */
const usualFrameBytes = 256 * 1024;

async function* frames(
	request: HullBuildRequest,
	uploads: readonly AsyncIterable<Uint8Array>[],
): AsyncGenerator<Uint8Array> {
	yield* frame(Buffer.from(JSON.stringify(request)));
	for (const tar of uploads) {
		for await (const chunk of gathered(tar, usualFrameBytes))
			for (let at = 0; at < chunk.length; at += maxFrameBytes)
				yield* frame(chunk.subarray(at, at + maxFrameBytes));
		yield* frame(new Uint8Array());
	}
}

function frame(bytes: Uint8Array): Uint8Array[] {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(bytes.length);
	return bytes.length === 0 ? [length] : [length, bytes];
}
