/** Keeping the disk from filling. */
import * as api from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import type { UpkeepBackend } from "../upkeep-backend.ts";
import { filtersOf } from "./filters-of.ts";

const kinds = ["container", "volume", "image"];

export function upkeepRoutes(upkeep: UpkeepBackend): Route[] {
	return [
		route(api.imageCollect, async ({ query }) =>
			json(
				await upkeep.collect({
					dryRun: query["dry-run"] ?? false,
					maxAge: query["max-age"],
					highWater: query["high-water"],
					lowWater: query["low-water"],
				}),
			),
		),
		route(api.prunePlan, async ({ query }) => {
			const odd = query.type?.find((kind) => !kinds.includes(kind));
			if (odd !== undefined)
				throw new EngineError("invalid_argument", `unknown object type: ${JSON.stringify(odd)}`);
			return json(await upkeep.prunePlan(query.type ?? kinds, filtersOf(query.filters)));
		}),
	];
}
