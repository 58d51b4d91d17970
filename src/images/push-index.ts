import {
	type Descriptor,
	type Digest,
	familiarReference,
	isIndexType,
	maxManifestBytes,
	mediaTypes,
	parseManifestDocument,
	type Reference,
} from "../oci/index.ts";
import type { Repository } from "../registry/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord, ImageVariant, LeafManifest, PushOptions } from "./contract.ts";
import { leafManifest, leafManifests, partsOf } from "./leaf-manifests.ts";
import { throttled } from "./progress.ts";
import { publishImage } from "./publish.ts";
import { shortId } from "./short-id.ts";

/** Where to, and how to tell about it. */
export interface PushTarget {
	readonly reference: Reference;
	readonly repository: Repository;
	readonly options: PushOptions;
	readonly signal: AbortSignal;
}

/**
 * Pushes what an image's index names beside the image, so that the index can follow; gives the index. `undefined`
 * when there is none, or when something of it is neither here nor in the repository: then the image goes alone, as it
 * does with Docker.
 */
export async function pushIndexed(
	context: ImagesContext,
	target: PushTarget,
	image: ImageRecord,
): Promise<Descriptor | undefined> {
	const index = image.kept?.index?.descriptor;
	if (index === undefined) return undefined;
	const leaves = await leafManifests(context.content, image);
	if (leaves.length === 0 || !(await isComplete(target, leaves))) {
		target.options.progress({
			status:
				"Not all multiplatform-content is present and only the available single-platform image was pushed",
		});
		return undefined;
	}
	// The image's own blobs are there by now.
	const quiet = { ...target, options: { ...target.options, progress: () => {} } };
	for (const leaf of leaves) {
		const isOwn = leaf.descriptor.digest === image.manifestDigest;
		if (leaf.isWhole) await pushLeaf(context, isOwn ? quiet : target, leaf);
	}
	await pushInnerIndexes(context, target, { descriptor: index, isTop: true });
	return index;
}

/** Pushes an image of another platform than the one that is unpacked, under the reference's tag. */
export async function pushVariant(
	context: ImagesContext,
	target: PushTarget,
	{ manifest, manifestDigest: digest }: ImageVariant,
): Promise<void> {
	const { repository, options, reference } = target;
	const mediaType = manifest.mediaType ?? mediaTypes.ociManifest;
	const bytes = await context.content.read(digest, maxManifestBytes);
	await pushLeaf(
		context,
		target,
		await leafManifest(context.content, { mediaType, digest, size: bytes.length }),
	);
	await repository.putManifest(reference.tag!, mediaType, bytes);
	const image = context.records.all().find(({ kept }) => kept?.index?.blobs.includes(digest));
	if (image !== undefined)
		publishImage(context, image, "push", familiarReference(reference), familiarReference(reference));
	options.progress({ status: `${reference.tag}: digest: ${digest} size: ${bytes.length}` });
	options.progress({ progressDetail: {}, aux: { Tag: reference.tag, Digest: digest, Size: bytes.length } });
}

async function isComplete({ repository }: PushTarget, leaves: readonly LeafManifest[]): Promise<boolean> {
	for (const { isWhole, descriptor } of leaves)
		if (!isWhole && !(await repository.hasManifest(descriptor.digest))) return false;
	return true;
}

/** A manifest with its blobs, by its digest. */
export async function pushLeaf(
	{ content }: ImagesContext,
	{ repository, options }: PushTarget,
	{ descriptor, manifest }: LeafManifest,
): Promise<{ readonly listsReferrers: boolean }> {
	for (const part of partsOf(manifest!)) {
		const id = shortId(part.digest);
		const progress = throttled(options.progress);
		if (await repository.hasBlob(part.digest)) {
			progress({ id, status: "Layer already exists", progressDetail: {} });
			continue;
		}
		await repository.uploadBlob(part, {
			read: (range) => content.stream(part.digest, range),
			onProgress: (current) =>
				progress({ id, status: "Pushing", progressDetail: { current, total: part.size } }),
		});
		progress({ id, status: "Pushed", progressDetail: {} });
	}
	const bytes = await content.read(descriptor.digest, maxManifestBytes);
	return repository.putManifest(descriptor.digest, descriptor.mediaType, bytes);
}

/** Indexes within the index, innermost first; the top one gets the tag, and goes last. */
async function pushInnerIndexes(
	context: ImagesContext,
	target: PushTarget,
	{ descriptor, isTop }: { descriptor: { mediaType: string; digest: Digest }; isTop: boolean },
): Promise<void> {
	const bytes = await context.content.read(descriptor.digest, maxManifestBytes);
	const document = parseManifestDocument(bytes, `manifest ${descriptor.digest}`, descriptor.mediaType);
	if (document.kind !== "index") return;
	for (const entry of document.index.manifests)
		if (isIndexType(entry.mediaType) && context.content.has(entry.digest))
			await pushInnerIndexes(context, target, { descriptor: entry, isTop: false });
	if (!isTop) await target.repository.putManifest(descriptor.digest, descriptor.mediaType, bytes);
}
