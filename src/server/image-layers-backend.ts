import type { ImageDifference, ImageLayers } from "../api/index.ts";

/** How images stand on each other, as the routes want it. */
export interface ImageLayersBackend {
	layers(): Promise<ImageLayers[]>;
	/** From the first to the second. */
	diff(from: string, to: string, signal: AbortSignal): Promise<ImageDifference>;
}
