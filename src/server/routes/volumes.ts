/** Volumes. */
import * as api from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { isBefore } from "../api-version.ts";
import type { VolumeBackend } from "../backends.ts";
import { empty, json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import { filtersOf } from "./filters-of.ts";

export function volumeRoutes(volumes: VolumeBackend): Route[] {
	return [
		route(api.volumeList, async ({ query }) => json(await volumes.list(filtersOf(query.filters)))),
		route(api.volumeCreate, async ({ body }) => {
			if (body.ClusterVolumeSpec !== undefined) throw onlyInSwarm("creating cluster volumes");
			return json(await volumes.create(body), 201);
		}),
		route(api.volumeInspect, async ({ params }) => json(await volumes.inspect(params["name"]!))),
		route(api.volumeUpdate, async () => {
			throw onlyInSwarm("updating volumes");
		}),
		route(api.volumeDelete, async ({ params, query }) => {
			await volumes.remove(params["name"]!, { force: query.force ?? false });
			return empty(204);
		}),
		route(api.volumePrune, async ({ query, version }) => {
			const filters = new Map(filtersOf(query.filters));
			// Volumes with a name were spared from this version on.
			if (isBefore(version, "1.42")) filters.set("all", ["true"]);
			return json(await volumes.prune(filters));
		}),
	];
}

function onlyInSwarm(what: string): EngineError {
	return new EngineError(
		"unavailable",
		`${what} is valid only for cluster volumes, and this node is not part of a swarm`,
	);
}
