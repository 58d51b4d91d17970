import {
	createDigester,
	type Digest,
	familiarReference,
	type ImageConfigFile,
	normalizePlatform,
	parseReference,
} from "../oci/index.ts";
import { applyChanges } from "./changes.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord, ImportOptions } from "./contract.ts";
import { decompress, peekCompression } from "./decompress.ts";
import { holding } from "./hold.ts";
import { createImage, newTags } from "./new-image.ts";
import { publishImage } from "./publish.ts";

/**
 * Makes an image of one layer from a tree's tar, as it comes: gzip and zstd stay compressed in the store.
 *
 * On disk after a kill: a blob and perhaps a layer that no image names, which the next start collects.
 */
export function importImage(
	context: ImagesContext,
	source: AsyncIterable<Uint8Array>,
	options: ImportOptions,
): Promise<ImageRecord> {
	const tags = newTags(options.reference);
	const config = configOf(context, options);
	return holding(context, async (lease) => {
		const { signal, progress } = options;
		const { compression, stream } = await peekCompression(source);
		const kept = compression === "gzip" || compression === "zstd" || compression === "none";
		const blob = await context.content.write(
			kept ? stream : decompress(stream, "the archive"),
			{},
			{
				lease,
				maxBytes: context.limits.blobBytes,
				...(signal === undefined ? {} : { signal }),
				onProgress: (current) => progress({ status: "Importing", progressDetail: { current } }),
			},
		);
		const image = await createImage(
			context,
			{
				config,
				parent: undefined,
				layer: { ...blob, diffId: await diffIdOf(context, blob.digest, compression === "none") },
				step: { created: config.created!, comment: options.message },
				tags,
			},
			{ lease, signal },
		);
		for (const tag of tags) publishImage(context, image, "tag", familiarReference(parseReference(tag)));
		publishImage(context, image, "import");
		return image;
	});
}

function configOf({ platform }: ImagesContext, options: ImportOptions): NewConfig {
	const { os, architecture, variant } = normalizePlatform(options.platform ?? platform);
	return {
		created: new Date().toISOString(),
		architecture,
		os,
		...(variant === undefined ? {} : { variant }),
		config: applyChanges({}, options.changes),
	};
}

type NewConfig = Omit<ImageConfigFile, "rootfs" | "history">;

/** An import says its diffId first here: the bytes are read once more when they are compressed. */
async function diffIdOf(context: ImagesContext, digest: Digest, plain: boolean): Promise<Digest> {
	if (plain) return digest;
	const digester = createDigester();
	for await (const bytes of decompress(context.content.stream(digest), "the archive")) digester.update(bytes);
	return digester.digest();
}
