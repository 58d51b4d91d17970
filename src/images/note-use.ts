import { isEngineError } from "../lib/index.ts";
import type { Digest } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";

/** Noted once in so long: many containers of one image at once cost one write. */
const resolutionMs = 60_000;

/** Notes when an image was used, for the collection of those that were not. Not worth failing for. */
export function noteUse({ records, log }: ImagesContext, id: Digest): void {
	const image = records.byId(id);
	if (image === undefined) return;
	const now = Date.now();
	if (image.lastUsedAt !== undefined && now - Date.parse(image.lastUsedAt) < resolutionMs) return;
	try {
		records.put({ ...image, lastUsedAt: new Date(now).toISOString() });
	} catch (error) {
		// A full disk must not keep containers from being removed.
		if (!isEngineError(error)) throw error;
		log.debug("the use of an image was not noted", { image: id, error });
	}
}
