/** What containers cost and what the machine has. */
import * as api from "../../api/index.ts";
import type { Backends } from "../backends.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";

export function footprintRoutes({ containers, system }: Pick<Backends, "containers" | "system">): Route[] {
	return [
		route(api.containerFootprint, async ({ params }) => json(await containers.footprint(params["id"]!))),
		route(api.hostFacts, async () => json(await system.hostFacts())),
	];
}
