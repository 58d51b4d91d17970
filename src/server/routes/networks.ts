/** Networks. */
import * as api from "../../api/index.ts";
import type { NetworkBackend } from "../backends.ts";
import { json } from "../reply.ts";
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
	];
}
