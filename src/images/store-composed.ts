import {
	bestPlatform,
	canonicalReference,
	familiarReference,
	parseReference,
	withDefaultTag,
} from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ComposedImage, ComposedVariant, ImageRecord, KeptContent, LayerOfImage } from "./contract.ts";
import { holding } from "./hold.ts";
import { publishImage } from "./publish.ts";
import { registerImage } from "./register.ts";
import { unpackLayers } from "./unpack.ts";

/**
 * Makes an image of the store of what was composed: what is missing of the layer snapshots of the variant for this
 * machine, record, names. The others stay packed beside it.
 *
 * On disk after a kill: blobs and layers that no image names, which the next start collects.
 */
export function storeComposed(
	context: ImagesContext,
	composed: ComposedImage,
	{ names, signal }: { readonly names: readonly string[]; readonly signal?: AbortSignal },
): Promise<ImageRecord> {
	const tags = names.map((name) => canonicalReference(withDefaultTag(parseReference(name))));
	return holding(context, async (lease) => {
		for (const digest of composed.blobs) lease.hold(digest);
		const { manifest, manifestDigest, config, layers } = mainVariant(context, composed);
		await unpackLayers(context, layers.map(sourceOf), { lease, signal });
		const before = context.records.byId(manifest.config.digest);
		// What it named before goes with it.
		for (const { digest } of before?.manifest.layers ?? []) lease.hold(digest);
		if (before !== undefined) lease.hold(before.manifestDigest);
		for (const digest of before?.kept?.index?.blobs ?? []) lease.hold(digest);
		const image = registerImage(context, {
			...{ manifest, manifestDigest, config, tags },
			kept: keptOf(composed),
			replacesManifest: composed.index !== undefined || manifest.annotations !== undefined,
		});
		for (const tag of tags) publishImage(context, image, "tag", familiarReference(parseReference(tag)));
		return image;
	});
}

/** The one for this machine, else the first. */
export function mainVariant({ platform }: ImagesContext, { variants }: ComposedImage): ComposedVariant {
	const best = bestPlatform(
		variants.map(({ descriptor }) => descriptor.platform),
		platform,
	);
	return variants[best] ?? variants[0]!;
}

export function keptOf({ index, blobs }: ComposedImage): KeptContent | undefined {
	return index === undefined ? undefined : { index: { descriptor: index, blobs }, referrers: [] };
}

/** Makes the layer snapshots of a stack that are missing, of blobs that are in the content store. */
export function unpackStack(
	context: ImagesContext,
	layers: readonly LayerOfImage[],
	{ lease, signal }: { readonly lease: Lease; readonly signal?: AbortSignal },
): Promise<void> {
	for (const { digest } of layers) lease.hold(digest);
	return unpackLayers(context, layers.map(sourceOf), { lease, signal });
}

function sourceOf({ diffId, digest }: LayerOfImage) {
	return { diffId, blob: async () => digest };
}
