/** Mounts of containers, changed while they run. */
import * as api from "../../api/index.ts";
import type { MountsBackend } from "../mounts-backend.ts";
import { empty, json } from "../reply.ts";
import { type Route, route } from "../route.ts";

export function mountsRoutes(mounts: MountsBackend): Route[] {
	return [
		route(api.containerMountList, async ({ params }) => json(mounts.listMounts(params["id"]!))),
		route(api.containerMountAdd, async ({ params, body }) =>
			json(await mounts.addMount(params["id"]!, body), 201),
		),
		route(api.containerMountDelete, async ({ params, query }) => {
			const { target, force = false } = query;
			await mounts.removeMount(params["id"]!, { target, force });
			return empty(204);
		}),
	];
}
