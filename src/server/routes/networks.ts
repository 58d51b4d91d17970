/** Networks. */
import * as api from "../../api/index.ts";
import type { NetworkBackend } from "../backends.ts";
import { empty, json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import { filtersOf } from "./filters-of.ts";

export function networkRoutes(networks: NetworkBackend): Route[] {
	return [
		route(api.networkList, async ({ query }) => json(await networks.list(filtersOf(query.filters)))),
		route(api.networkInspect, async ({ params, query }) =>
			json(
				await networks.inspect(params["id"]!, {
					verbose: query.verbose ?? false,
					scope: query.scope ?? "",
				}),
			),
		),
		route(api.networkCreate, async ({ body }) => json(await networks.create(body), 201)),
		route(api.networkDelete, async ({ params }) => {
			await networks.remove(params["id"]!);
			return empty(204);
		}),
		route(api.networkConnect, async ({ params, body }) => {
			await networks.connect(params["id"]!, body);
			return empty(200);
		}),
		route(api.networkDisconnect, async ({ params, body }) => {
			await networks.disconnect(params["id"]!, body);
			return empty(200);
		}),
		route(api.networkPrune, async ({ query }) => json(await networks.prune(filtersOf(query.filters)))),
	];
}
