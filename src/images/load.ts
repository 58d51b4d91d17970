import { EngineError } from "../lib/index.ts";
import {
	familiarReference,
	formatPlatform,
	isRunnableOn,
	type Platform,
	parseReference,
} from "../oci/index.ts";
import { readArchiveParts } from "./archive-parts.ts";
import type { ArchivedImage } from "./archived-image.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord, Images, Progress } from "./contract.ts";
import { decompress } from "./decompress.ts";
import { readDockerArchive } from "./docker-archive.ts";
import { holding } from "./hold.ts";
import { readOciLayout } from "./oci-layout.ts";
import { publishImage } from "./publish.ts";
import { registerImage } from "./register.ts";
import { shortId } from "./short-id.ts";
import { unpackLayers } from "./unpack.ts";

/**
 * Loads the images of an archive that `docker save`, podman, skopeo or an OCI tool wrote, compressed or not.
 *
 * On disk after a kill: blobs and layers that no image names, which the next start collects; images are registered
 * one by one, each whole.
 */
export function loadImages(
	context: ImagesContext,
	source: AsyncIterable<Uint8Array>,
	{ progress, platforms, mayName, signal }: Parameters<Images["load"]>[1],
): Promise<readonly ImageRecord[]> {
	return holding(context, async (lease) => {
		const tar = decompress(source, "the archive");
		const parts = await readArchiveParts(context, tar, { lease, signal });
		const found =
			(await readOciLayout(context, parts, { lease, platforms })) ??
			(await readDockerArchive(context, parts, lease));
		if (found === undefined) {
			throw new EngineError(
				"invalid_argument",
				"the archive holds no image: neither manifest.json (docker save) nor oci-layout and index.json (OCI layout) is in it",
			);
		}
		const images = platforms === undefined ? found : ofPlatforms(found, platforms);
		for (const { tags } of images) for (const tag of tags) mayName?.(tag);
		const loaded: ImageRecord[] = [];
		for (const image of images) {
			await unpackLayers(
				context,
				image.layers.map((layer) => withProgress(layer, progress)),
				{ lease, signal },
			);
			loaded.push(announce(context, image, progress));
		}
		return loaded;
	});
}

function ofPlatforms(
	images: readonly ArchivedImage[],
	platforms: readonly Platform[],
): readonly ArchivedImage[] {
	const matching = images.filter(({ config }) => platforms.some((wanted) => isRunnableOn(config, wanted)));
	if (matching.length > 0) return matching;
	const wanted = platforms.map(formatPlatform).join(", ");
	throw new EngineError("not_found", `the archive holds no image for ${wanted}`);
}

function withProgress({ diffId, digest, size }: ArchivedImage["layers"][number], progress: Progress) {
	const id = shortId(diffId);
	return {
		diffId,
		blob: async () => digest,
		onExtract: (current: number) =>
			progress({ id, status: "Loading layer", progressDetail: { current, total: size } }),
	};
}

function announce(context: ImagesContext, image: ArchivedImage, progress: Progress): ImageRecord {
	for (const tag of image.tags) {
		const owner = context.records.byName(tag);
		if (owner === undefined || owner.id === image.manifest.config.digest) continue;
		const name = familiarReference(parseReference(tag));
		progress({
			stream: `The image ${name} already exists, renaming the old one with ID ${owner.id} to empty string\n`,
		});
	}
	const record = registerImage(context, image);
	publishImage(context, record, "load");
	if (image.tags.length === 0) progress({ stream: `Loaded image ID: ${record.id}\n` });
	for (const tag of image.tags)
		progress({ stream: `Loaded image: ${familiarReference(parseReference(tag))}\n` });
	return record;
}
