import { type Digest, familiarReference, mergeRunConfig, parseReference } from "../oci/index.ts";
import { applyChanges } from "./changes.ts";
import type { ImagesContext } from "./context.ts";
import type { CommitOptions, ImageRecord } from "./contract.ts";
import { holding } from "./hold.ts";
import { createImage, newTags } from "./new-image.ts";
import { publishImage } from "./publish.ts";

/** The diffId of a tar without entries: no layer is made of it. */
const emptyLayer: Digest = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

/**
 * Makes an image of a container's changes on top of the container's image.
 *
 * On disk after a kill: a blob and perhaps a layer that no image names, which the next start collects.
 */
export function commitImage(context: ImagesContext, options: CommitOptions): Promise<ImageRecord> {
	const tags = newTags(options.reference);
	const { parent } = options;
	const base = options.config ?? {};
	const config = mergeRunConfig(applyChanges(base, options.changes), base);
	return holding(context, async (lease) => {
		const layer = await context.content.write(
			options.layer,
			{},
			{ lease, maxBytes: context.limits.blobBytes },
		);
		const { os, architecture, variant } = parent?.config ?? context.platform;
		const created = new Date().toISOString();
		const image = await createImage(
			context,
			{
				config: {
					created,
					architecture,
					os,
					...(variant === undefined ? {} : { variant }),
					...(options.author === "" ? {} : { author: options.author }),
					config,
				},
				parent,
				layer: layer.digest === emptyLayer ? undefined : { ...layer, diffId: layer.digest },
				step: {
					created,
					created_by: options.createdBy,
					...(options.author === "" ? {} : { author: options.author }),
					...(options.comment === "" ? {} : { comment: options.comment }),
				},
				tags,
			},
			{ lease },
		);
		for (const tag of tags) publishImage(context, image, "tag", familiarReference(parseReference(tag)));
		return image;
	});
}
