import type {
	HullCopy,
	HullForkRequest,
	HullForkResponse,
	HullNameRequest,
	HullSnapshot,
} from "../api/index.ts";
import { callEmpty, callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";

/** Copies a running machine into more containers. Hull only. */
export function containerFork(
	engine: Engine,
	id: string,
	request: HullForkRequest,
): Promise<HullForkResponse> {
	const path = `/hull/containers/${encodeURIComponent(id)}/fork`;
	return callJson(engine, { method: "POST", path, body: { json: request } });
}

/** Keeps a running machine on disk. Hull only. */
export function snapshotCreate(engine: Engine, id: string, request: HullNameRequest): Promise<HullSnapshot> {
	const path = `/hull/containers/${encodeURIComponent(id)}/snapshots`;
	return callJson(engine, { method: "POST", path, body: { json: request } });
}

export function snapshotList(engine: Engine): Promise<HullSnapshot[]> {
	return callJson(engine, { method: "GET", path: "/hull/snapshots" });
}

export function snapshotRestore(engine: Engine, id: string, request: HullNameRequest): Promise<HullCopy> {
	const path = `/hull/snapshots/${encodeURIComponent(id)}/restore`;
	return callJson(engine, { method: "POST", path, body: { json: request } });
}

export function snapshotDelete(engine: Engine, id: string): Promise<boolean> {
	return callEmpty(engine, { method: "DELETE", path: `/hull/snapshots/${encodeURIComponent(id)}` });
}
