import type { Volume, VolumeCreateRequest, VolumeListResponse, VolumePruneResponse } from "../api/index.ts";
import { callEmpty, callJson, callText } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { type Filters, segment } from "./transport/request.ts";

export function volumeList(engine: Engine, filters: Filters = {}): Promise<VolumeListResponse> {
	return callJson(engine, { method: "GET", path: "/volumes", query: { filters } });
}

export function volumeCreate(engine: Engine, body: VolumeCreateRequest): Promise<Volume> {
	return callJson(engine, { method: "POST", path: "/volumes/create", body: { json: body } });
}

/** The document as the engine wrote it. */
export function volumeInspectText(engine: Engine, name: string): Promise<string> {
	return callText(engine, { method: "GET", path: `/volumes/${segment(name)}` });
}

export function volumeDelete(
	engine: Engine,
	name: string,
	query: { force?: boolean } = {},
): Promise<boolean> {
	return callEmpty(engine, { method: "DELETE", path: `/volumes/${segment(name)}`, query });
}

export function volumePrune(engine: Engine, filters: Filters = {}): Promise<VolumePruneResponse> {
	return callJson(engine, { method: "POST", path: "/volumes/prune", query: { filters } });
}
