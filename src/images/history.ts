import { chainIds, familiarReference, parseReference } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageHistoryEntry, ImageRecord } from "./contract.ts";
import { getImage } from "./find.ts";

/** Newest first. Steps of parents that are here carry their ids, others Docker's `<missing>`. */
export function imageHistory(context: ImagesContext, reference: string): readonly ImageHistoryEntry[] {
	const image = getImage(context.records, reference);
	const chain = chainIds(image.config.rootfs.diff_ids);
	let layer = 0;
	const steps = (image.config.history ?? []).map((step) => {
		const chainId = step.empty_layer === true ? undefined : chain[layer++];
		return {
			createdAt: step.created ?? new Date(0).toISOString(),
			createdBy: step.created_by ?? "",
			comment: step.comment ?? "",
			sizeBytes: chainId === undefined ? 0 : context.snapshots.layerUsage(chainId).bytes,
		};
	});
	let owner: ImageRecord | undefined = image;
	return steps.reverse().map((step) => {
		const named = owner;
		owner = owner?.parent === undefined ? undefined : context.records.byId(owner.parent);
		return {
			...step,
			id: named?.id ?? "<missing>",
			tags: named?.tags.map((tag) => familiarReference(parseReference(tag))) ?? [],
		};
	});
}
