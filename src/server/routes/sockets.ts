/** Scoped sockets and their policies. */
import * as api from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { decodeJson } from "../decode/json-body.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import type { SocketsBackend } from "../sockets-backend.ts";

export function socketRoutes(sockets: SocketsBackend): Route[] {
	return [
		route(api.socketList, async () => json(sockets.list())),
		route(api.socketExplain, async ({ params, body }) => {
			const operation = api.operations.find(({ id }) => id === body.Operation);
			if (operation === undefined)
				throw new EngineError(
					"not_found",
					`no operation named ${JSON.stringify(body.Operation.slice(0, 80))}`,
				);
			// Decoded as the call itself would be.
			const asked =
				body.Body === undefined || operation.body === undefined
					? undefined
					: decodeJson(operation.body, JSON.stringify(body.Body)).value;
			return json(sockets.explain(params["socket"]!, { operation: operation.id, body: asked }));
		}),
	];
}
