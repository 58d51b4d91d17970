import type { ImageInspect, ImageSummary } from "../../api/index.ts";
import { type ApiVersion, isBefore } from "../api-version.ts";

/** Up to 1.43 an image had a `VirtualSize`, which clients of that time print; it has long been the size. */
export function adaptImage<Image extends ImageSummary | ImageInspect>(
	image: Image,
	version: ApiVersion,
): unknown {
	return isBefore(version, "1.44") ? { ...image, VirtualSize: image.Size } : image;
}
