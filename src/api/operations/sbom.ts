/** What software is in an image. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { HullPackageList } from "../schemas/sbom.ts";

/** The packages of an image: as a list (`format` left out or `packages`), `spdx-json` or `cyclonedx-json`. */
export const imageSbom = operation({
	id: "HullImageSbom",
	method: "GET",
	path: "/hull/images/:name/sbom",
	since: "1.24",
	query: Type.Object({ format: Type.Optional(Type.String()) }),
	result: HullPackageList,
	status: 200,
});
