import type { FilterValues } from "../../api/syntax.ts";
import type { ImageRecord, Images } from "../../images/index.ts";
import { imageFilter, isDangling } from "./image-filter.ts";

/** Docker's filters of `image prune`. Its default is the images without a tag only. */
export function prunableImage(images: Images, filters: FilterValues): (image: ImageRecord) => boolean {
	const danglingOnly = filters.get("dangling")?.every((value) => value === "true" || value === "1") ?? true;
	const others = new Map([...filters].filter(([key]) => key !== "dangling"));
	const matchesOthers = imageFilter(images, others);
	return (image) => (!danglingOnly || isDangling(image)) && matchesOthers(image);
}
