import { type FilterValues, parseBoolean } from "../../api/syntax.ts";
import type { ImageRecord, Images } from "../../images/index.ts";
import { imageFilter, isDangling } from "./image-filter.ts";

/**
 * Docker's filters of `image prune`, and those of lists. Its default is the images without a tag only; a `dangling` that
 * is no boolean is `invalid_argument`, not everything.
 */
export function prunableImage(images: Images, filters: FilterValues): (image: ImageRecord) => boolean {
	const danglingOnly = parseBoolean("dangling", filters.get("dangling")) ?? true;
	const others = new Map([...filters].filter(([key]) => key !== "dangling"));
	const matchesOthers = imageFilter(images, others);
	return (image) => (!danglingOnly || isDangling(image)) && matchesOthers(image);
}
