/** How images stand on each other. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { ImageDifference, ImageLayers } from "../schemas/image-layers.ts";

/** All images with their layers. */
export const imageLayers = operation({
	id: "HullImageLayers",
	method: "GET",
	path: "/hull/images/layers",
	since: "1.24",
	query: Type.Object({}),
	result: Type.Array(ImageLayers),
	status: 200,
});

/** What is different in the files and the configuration of another image (`to`). */
export const imageDiff = operation({
	id: "HullImageDiff",
	method: "GET",
	path: "/hull/images/:name/diff",
	since: "1.24",
	query: Type.Object({ to: Type.String() }),
	result: ImageDifference,
	status: 200,
});
