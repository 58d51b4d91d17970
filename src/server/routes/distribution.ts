/** Images at their registries. */
import * as api from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { decodeRegistryAuth } from "../decode/registry-auth.ts";
import type { DistributionBackend } from "../distribution-backend.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import { filtersOf } from "./filters-of.ts";

const defaultSearchLimit = 25;
const maxSearchLimit = 100;

export function distributionRoutes(distribution: DistributionBackend): Route[] {
	return [
		route(api.distributionInspect, async ({ params, headers, signal }) => {
			const access = { auth: decodeRegistryAuth(headers.get("x-registry-auth")), signal };
			return json(await distribution.inspect(params["name"]!, access));
		}),
		route(api.imageSearch, async ({ query, headers, signal }) => {
			const limit = query.limit === undefined || query.limit === 0 ? defaultSearchLimit : query.limit;
			if (limit < 1 || limit > maxSearchLimit)
				throw new EngineError(
					"invalid_argument",
					`limit ${limit} is outside the range of [1, ${maxSearchLimit}]`,
				);
			const request = {
				term: query.term ?? "",
				limit,
				filters: filtersOf(query.filters),
				auth: decodeRegistryAuth(headers.get("x-registry-auth")),
			};
			return json(await distribution.search(request, signal));
		}),
	];
}
