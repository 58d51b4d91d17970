import {
	canonicalReference,
	familiarReference,
	parseImageConfig,
	parseReference,
	withDefaultTag,
} from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import { makeManifest } from "./archived-image.ts";
import type { ImagesContext } from "./context.ts";
import type { AssembleOptions, ImageRecord, LayerOfImage } from "./contract.ts";
import { holding } from "./hold.ts";
import { publishImage } from "./publish.ts";
import { registerImage } from "./register.ts";
import { unpackLayers } from "./unpack.ts";

/**
 * Makes an image of layers whose blobs are in the content store: config, manifest, what is missing of the layer
 * snapshots, record. The same config and layers are the same image.
 *
 * On disk after a kill: blobs and layers that no image names, which the next start collects.
 */
export function assembleImage(context: ImagesContext, options: AssembleOptions): Promise<ImageRecord> {
	const { layers, signal, parent } = options;
	const tags = options.names.map((name) => canonicalReference(withDefaultTag(parseReference(name))));
	return holding(context, async (lease) => {
		for (const { digest } of layers) lease.hold(digest);
		const bytes = Buffer.from(JSON.stringify(options.config));
		const written = await context.content.put(bytes, { lease });
		// As the next daemon will read it.
		const config = parseImageConfig(bytes, `image config ${written.digest}`);
		const made = await makeManifest(context, written, { layers, lease, annotations: options.annotations });
		await unpackLayers(context, layers.map(sourceOf), { lease, signal });
		const image = registerImage(context, {
			...made,
			config,
			tags,
			...(parent === undefined ? {} : { parent }),
		});
		for (const tag of tags) publishImage(context, image, "tag", familiarReference(parseReference(tag)));
		return image;
	});
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
