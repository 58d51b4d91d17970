import type {
	Network,
	NetworkConnectRequest,
	NetworkCreateRequest,
	NetworkCreateResponse,
	NetworkDisconnectRequest,
	NetworkPruneResponse,
} from "../api/index.ts";
import { callEmpty, callJson, callText } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { type Filters, segment } from "./transport/request.ts";

export function networkList(engine: Engine, filters: Filters = {}): Promise<Network[]> {
	return callJson(engine, { method: "GET", path: "/networks", query: { filters } });
}

/** The document as the engine wrote it. */
export function networkInspectText(
	engine: Engine,
	id: string,
	query: { verbose?: boolean; scope?: string } = {},
): Promise<string> {
	return callText(engine, { method: "GET", path: `/networks/${segment(id)}`, query });
}

export function networkCreate(engine: Engine, body: NetworkCreateRequest): Promise<NetworkCreateResponse> {
	return callJson(engine, { method: "POST", path: "/networks/create", body: { json: body } });
}

export function networkConnect(engine: Engine, id: string, body: NetworkConnectRequest): Promise<boolean> {
	return callEmpty(engine, {
		method: "POST",
		path: `/networks/${segment(id)}/connect`,
		body: { json: body },
	});
}

export function networkDisconnect(
	engine: Engine,
	id: string,
	body: NetworkDisconnectRequest,
): Promise<boolean> {
	return callEmpty(engine, {
		method: "POST",
		path: `/networks/${segment(id)}/disconnect`,
		body: { json: body },
	});
}

export function networkDelete(engine: Engine, id: string): Promise<boolean> {
	return callEmpty(engine, { method: "DELETE", path: `/networks/${segment(id)}` });
}

export function networkPrune(engine: Engine, filters: Filters = {}): Promise<NetworkPruneResponse> {
	return callJson(engine, { method: "POST", path: "/networks/prune", query: { filters } });
}
