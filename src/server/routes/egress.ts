/** Egress policies, changed while containers run. */
import * as api from "../../api/index.ts";
import type { EgressBackend } from "../egress-backend.ts";
import { empty } from "../reply.ts";
import { type Route, route } from "../route.ts";

export function egressRoutes(egress: EgressBackend): Route[] {
	return [
		route(api.containerEgress, async ({ params, body }) => {
			await egress.changeContainerEgress(params["id"]!, body.Policy);
			return empty(204);
		}),
		route(api.networkEgress, async ({ params, body }) => {
			await egress.changeNetworkEgress(params["id"]!, body.Policy);
			return empty(204);
		}),
	];
}
