/** What software is in an image. */
import * as api from "../../api/index.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import type { SbomBackend } from "../sbom-backend.ts";

export function sbomRoutes(sbom: SbomBackend): Route[] {
	return [
		route(api.imageSbom, async ({ params, query, signal }) =>
			json(await sbom.sbom(params["name"]!, { format: query.format ?? "packages", signal })),
		),
	];
}
