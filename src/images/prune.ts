import { isEngineError } from "../lib/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageDeletion, ImageRecord, Images } from "./contract.ts";
import { namesOf } from "./records.ts";
import { removeImage } from "./remove.ts";

/** Removes the images that match and that nothing uses. One that a container came to use meanwhile is left. */
export async function pruneImages(
	context: ImagesContext,
	{ matches, usedBy }: Parameters<Images["prune"]>[0],
): Promise<{ deleted: readonly ImageDeletion[]; reclaimedBytes: number }> {
	const deleted: ImageDeletion[] = [];
	let reclaimedBytes = 0;
	const remove = async (image: ImageRecord, reference: string) => {
		try {
			const { deletions, bytes } = await removeImage(context, reference, {
				force: false,
				noPrune: false,
				usedBy,
			});
			deleted.push(...deletions);
			reclaimedBytes += bytes;
		} catch (error) {
			if (!isEngineError(error, "conflict") && !isEngineError(error, "not_found")) throw error;
			context.log.debug("image not pruned", { image: image.id, reason: error });
		}
	};
	for (const image of context.records.all()) {
		// The parent of another goes with that one or stays with it.
		if (namesOf(image).length === 0 && context.records.children(image.id).length > 0) continue;
		if (!matches(image) || usedBy(image.id).length > 0) continue;
		const names = namesOf(image);
		for (const name of names.length === 0 ? [image.id] : names)
			if (context.records.byId(image.id) !== undefined) await remove(image, name);
	}
	context.events.publish("image", "prune", "", { reclaimed: String(reclaimedBytes) });
	return { deleted, reclaimedBytes };
}
