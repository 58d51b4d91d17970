import type { ImageDifference, ImageLayers } from "../api/index.ts";
import { callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { referencePath } from "./transport/request.ts";

/** All images with the layers that they stand on. Hull only. */
export function imageLayers(engine: Engine): Promise<ImageLayers[]> {
	return callJson(engine, { method: "GET", path: "/hull/images/layers" });
}

/** What differs from one image to another. Hull only. */
export function imageDiff(engine: Engine, from: string, to: string): Promise<ImageDifference> {
	return callJson(engine, {
		method: "GET",
		path: `/hull/images/${referencePath(from)}/diff`,
		query: { to },
	});
}
