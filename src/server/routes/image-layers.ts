/** How images stand on each other. */
import * as api from "../../api/index.ts";
import type { ImageLayersBackend } from "../image-layers-backend.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";

export function imageLayersRoutes(images: ImageLayersBackend): Route[] {
	return [
		route(api.imageLayers, async () => json(await images.layers())),
		route(api.imageDiff, async ({ params, query, signal }) =>
			json(await images.diff(params["name"]!, query.to, signal)),
		),
	];
}
