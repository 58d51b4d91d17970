/** What containers run with, changed after they were made. */
import * as api from "../../api/index.ts";
import type { ChangesBackend } from "../changes-backend.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";

export function changesRoutes(changes: ChangesBackend): Route[] {
	return [
		route(api.containerChange, async ({ params, body }) => json(await changes.change(params["id"]!, body))),
	];
}
