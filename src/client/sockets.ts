import type { HullSocket, HullSocketDecision, HullSocketExplainRequest } from "../api/index.ts";
import { callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { segment } from "./transport/request.ts";

/** The scoped sockets and what may be called through each. Hull only, as the next. */
export function socketList(engine: Engine): Promise<HullSocket[]> {
	return callJson(engine, { method: "GET", path: "/hull/sockets" });
}

/** What a socket's policy says to a call. */
export function socketExplain(
	engine: Engine,
	socket: string,
	request: HullSocketExplainRequest,
): Promise<HullSocketDecision> {
	const path = `/hull/sockets/${segment(socket)}/explain`;
	return callJson(engine, { method: "POST", path, body: { json: request } });
}
