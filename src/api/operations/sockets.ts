/** Scoped sockets and their policies. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { HullSocket, HullSocketDecision, HullSocketExplainRequest } from "../schemas/sockets.ts";

export const socketList = operation({
	id: "HullSocketList",
	method: "GET",
	path: "/hull/sockets",
	since: "1.24",
	query: Type.Object({}),
	result: Type.Array(HullSocket),
	status: 200,
});

/** What a socket's policy says to a call; nothing is called. */
export const socketExplain = operation({
	id: "HullSocketExplain",
	method: "POST",
	path: "/hull/sockets/:socket/explain",
	since: "1.24",
	query: Type.Object({}),
	body: HullSocketExplainRequest,
	result: HullSocketDecision,
	status: 200,
});
