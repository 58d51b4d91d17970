import type { ExecCreateRequest, ExecInspectResponse, ExecStartRequest, IDResponse } from "../api/index.ts";
import { callEmpty, callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { hijack, type RawStream } from "./transport/hijack.ts";
import { segment } from "./transport/request.ts";

export function execCreate(engine: Engine, container: string, body: ExecCreateRequest): Promise<IDResponse> {
	const path = `/containers/${segment(container)}/exec`;
	return callJson(engine, { method: "POST", path, body: { json: body } });
}

/** Starts the process and attaches to it. */
export function execStart(
	engine: Engine,
	id: string,
	body: ExecStartRequest,
	signal?: AbortSignal,
): Promise<RawStream> {
	return hijack(engine, { method: "POST", path: `/exec/${id}/start`, body: { json: body }, signal });
}

export function execStartDetached(engine: Engine, id: string, body: ExecStartRequest): Promise<boolean> {
	const json = { ...body, Detach: true };
	return callEmpty(engine, { method: "POST", path: `/exec/${id}/start`, body: { json } });
}

export function execResize(engine: Engine, id: string, query: { h: number; w: number }): Promise<boolean> {
	return callEmpty(engine, { method: "POST", path: `/exec/${id}/resize`, query });
}

export function execInspect(engine: Engine, id: string): Promise<ExecInspectResponse> {
	return callJson(engine, { method: "GET", path: `/exec/${id}/json` });
}
