import { chainIds, familiarReference, type Platform, parseReference } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageHistoryEntry, ImageRecord } from "./contract.ts";
import { getImage } from "./find.ts";
import { imageVariant } from "./variant.ts";

/** Newest first. Steps of parents that are here carry their ids, others Docker's `<missing>`. */
export async function imageHistory(
	context: ImagesContext,
	reference: string,
	platform?: Platform,
): Promise<readonly ImageHistoryEntry[]> {
	const image = getImage(context.records, reference);
	const { config, manifest, isUnpacked } =
		platform === undefined
			? { ...image, isUnpacked: true }
			: await imageVariant(context.content, image, { wanted: platform, name: reference });
	const chain = chainIds(config.rootfs.diff_ids);
	const bytesOf = (index: number) =>
		isUnpacked ? context.snapshots.layerUsage(chain[index]!).bytes : (manifest.layers[index]?.size ?? 0);
	let layer = 0;
	const steps = (config.history ?? []).map((step) => {
		return {
			createdAt: step.created ?? new Date(0).toISOString(),
			createdBy: step.created_by ?? "",
			comment: step.comment ?? "",
			sizeBytes: step.empty_layer === true ? 0 : bytesOf(layer++),
		};
	});
	let owner: ImageRecord | undefined = isUnpacked ? image : undefined;
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
