/** The engine's own registry. */
import * as api from "../../api/index.ts";
import type { RegistryBackend } from "../registry-backend.ts";
import { empty, json, jsonLines } from "../reply.ts";
import { type Route, route } from "../route.ts";

export function registryRoutes(registries: RegistryBackend): Route[] {
	return [
		route(api.registryServe, async ({ body, signal }) =>
			jsonLines("application/x-ndjson", documents(await registries.serve(body, signal))),
		),
		route(api.registryList, async () => json(await registries.list())),
		route(api.registryStop, async ({ params }) => {
			await registries.stop(params["address"]!);
			return empty(204);
		}),
	];
}

async function* documents(lines: AsyncIterable<object>): AsyncGenerator<string> {
	for await (const line of lines) yield JSON.stringify(line);
}
