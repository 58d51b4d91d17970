import type { RegistryRequestLine, RegistryServeRequest, ServedRegistry } from "../api/index.ts";
import { callEmpty, callJson, callLines } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";

/** Serves the engine's images as a registry: the first line is the registry, the others its requests. Hull only. */
export function registryServe(
	engine: Engine,
	request: RegistryServeRequest,
	signal?: AbortSignal,
): AsyncIterable<ServedRegistry | RegistryRequestLine> {
	const body = { json: request };
	return callLines(engine, { method: "POST", path: "/hull/registry/serve", body, signal });
}

export function registryList(engine: Engine): Promise<ServedRegistry[]> {
	return callJson(engine, { method: "GET", path: "/hull/registry/json" });
}

export function registryStop(engine: Engine, address: string): Promise<boolean> {
	return callEmpty(engine, { method: "DELETE", path: `/hull/registry/${encodeURIComponent(address)}` });
}
