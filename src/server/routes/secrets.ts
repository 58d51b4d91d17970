/** Secrets and configs without a cluster. */
import * as api from "../../api/index.ts";
import { empty, json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import type { SecretsBackend } from "../secrets-backend.ts";
import { filtersOf } from "./filters-of.ts";

export function secretRoutes(secrets: SecretsBackend): Route[] {
	return [
		route(api.hullSecretList, async ({ query }) =>
			json(await secrets.list("secret", filtersOf(query.filters))),
		),
		route(api.hullSecretCreate, async ({ body }) => json(await secrets.create("secret", body), 201)),
		route(api.hullSecretInspect, async ({ params }) => json(await secrets.inspect("secret", params["id"]!))),
		route(api.hullSecretUpdate, async ({ params, body }) => {
			await secrets.update("secret", params["id"]!, body);
			return empty(204);
		}),
		route(api.hullSecretDelete, async ({ params }) => {
			await secrets.remove("secret", params["id"]!);
			return empty(204);
		}),
		route(api.hullConfigList, async ({ query }) =>
			json(await secrets.list("config", filtersOf(query.filters))),
		),
		route(api.hullConfigCreate, async ({ body }) => json(await secrets.create("config", body), 201)),
		route(api.hullConfigInspect, async ({ params }) => json(await secrets.inspect("config", params["id"]!))),
		route(api.hullConfigUpdate, async ({ params, body }) => {
			await secrets.update("config", params["id"]!, body);
			return empty(204);
		}),
		route(api.hullConfigDelete, async ({ params }) => {
			await secrets.remove("config", params["id"]!);
			return empty(204);
		}),
	];
}
