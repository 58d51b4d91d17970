import { EngineError, Slots } from "../lib/index.ts";
import {
	canonicalName,
	type Descriptor,
	type Digest,
	familiarName,
	familiarReference,
	maxManifestBytes,
	parseReference,
	type Reference,
} from "../oci/index.ts";
import type { Repository } from "../registry/index.ts";
import type { Lease } from "../store/index.ts";
import { compressLayers } from "./compress-layers.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord, PushOptions } from "./contract.ts";
import { holding } from "./hold.ts";
import { isForeign, ownDescriptor } from "./leaf-manifests.ts";
import { throttled } from "./progress.ts";
import { publishImage } from "./publish.ts";
import { pushIndexed, pushVariant } from "./push-index.ts";
import { pushReferrers } from "./push-referrers.ts";
import { blobsOf, namesOf } from "./records.ts";
import { registerImage } from "./register.ts";
import { shortId } from "./short-id.ts";

import { allOrFirst } from "./unpack.ts";
import { imageVariant } from "./variant.ts";

const parallelUploads = 5;

/**
 * Pushes an image under its name, or all tags of a repository when no tag is given. Blobs go before the manifest, so
 * that the registry never names what it does not have; a push that was cut short is taken up by the next.
 */
export async function pushImage(context: ImagesContext, text: string, options: PushOptions): Promise<void> {
	const reference = parseReference(text);
	if (reference.digest !== undefined)
		throw new EngineError("invalid_argument", "cannot push a digest reference");
	options.progress({ status: `The push refers to repository [${canonicalName(reference)}]` });
	for (const { tag, image } of imagesToPush(context, reference))
		await pushTag(context, { ...reference, tag }, { image, options });
}

function imagesToPush(
	{ records }: ImagesContext,
	reference: Reference,
): { tag: string; image: ImageRecord }[] {
	const prefix = `${canonicalName(reference)}:`;
	const tagged = records
		.all()
		.flatMap((image) =>
			image.tags
				.filter((tag) => tag.startsWith(prefix))
				.map((tag) => ({ tag: tag.slice(prefix.length), image })),
		);
	if (tagged.length === 0) {
		const name = familiarName(reference);
		throw new EngineError("not_found", `An image does not exist locally with the tag: ${name}`);
	}
	if (reference.tag === undefined) return tagged;
	const named = tagged.filter(({ tag }) => tag === reference.tag);
	if (named.length > 0) return named;
	throw new EngineError("not_found", `tag does not exist: ${familiarReference(reference)}`);
}

interface Pushing {
	readonly reference: Reference;
	readonly repository: Repository;
	readonly options: PushOptions;
	readonly lease: Lease;
	readonly slots: Slots;
	readonly signal: AbortSignal;
}

function pushTag(
	context: ImagesContext,
	reference: Reference,
	{ image, options }: { image: ImageRecord; options: PushOptions },
): Promise<void> {
	const stop = new AbortController();
	const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
	const repository = context.registry.open(reference, {
		actions: "pull,push",
		signal,
		...(options.auth === undefined ? {} : { auth: options.auth }),
	});
	return holding(context, async (lease) => {
		for (const digest of blobsOf(image)) lease.hold(digest);
		const others = { reference, repository, options, signal };
		if (options.platform !== undefined) {
			const { platform: wanted } = options;
			const variant = await imageVariant(context.content, image, {
				wanted,
				name: familiarReference(reference),
			});
			if (!variant.isUnpacked) return pushVariant(context, others, variant);
		}
		const diffIds = image.config.rootfs.diff_ids;
		for (const diffId of diffIds)
			options.progress({ id: shortId(diffId), status: "Preparing", progressDetail: {} });
		const pushed = await compressLayers(context, image, {
			lease,
			signal,
			onLayer: (layer) =>
				options.progress({
					id: shortId(diffIds[image.manifest.layers.indexOf(layer)]!),
					status: "Compressing",
				}),
		});
		for (const { digest } of pushed.manifest.layers) lease.hold(digest);
		lease.hold(pushed.manifestDigest);
		const pushing = { ...others, lease, slots: new Slots(parallelUploads) };
		const uploads = [...new Map(pushed.manifest.layers.map((layer, index) => [layer.digest, index]))];
		await allOrFirst(
			uploads.map(([, index]) => pushLayer(context, pushing, { image: pushed, index })),
			stop,
		);
		await pushConfig(context, pushing, pushed.manifest.config);
		const index = options.platform === undefined ? await pushIndexed(context, others, pushed) : undefined;
		// Before the tag: who pulls by it finds the signatures there.
		await pushReferrers(context, others, { image: pushed, subjects: [pushed.manifestDigest, index?.digest] });
		await pushManifest(context, pushing, { image: pushed, index });
	});
}

async function pushLayer(
	context: ImagesContext,
	{ reference, repository, options, slots, signal }: Pushing,
	{ image, index }: { image: ImageRecord; index: number },
): Promise<void> {
	const layer = image.manifest.layers[index]!;
	const id = shortId(image.config.rootfs.diff_ids[index]!);
	const progress = throttled(options.progress);
	if (isForeign(layer)) {
		progress({ id, status: "Skipped foreign layer", progressDetail: {} });
		return;
	}
	using _slot = await slots.acquire(signal);
	if (await repository.hasBlob(layer.digest)) {
		progress({ id, status: "Layer already exists", progressDetail: {} });
		return;
	}
	const source = mountSource(context, reference, layer.digest);
	if (source !== undefined && (await repository.mountBlob(layer.digest, source))) {
		progress({ id, status: `Mounted from ${source.path}`, progressDetail: {} });
		return;
	}
	await repository.uploadBlob(layer, {
		read: (range) => context.content.stream(layer.digest, range),
		onProgress: (current) =>
			progress({ id, status: "Pushing", progressDetail: { current, total: layer.size } }),
	});
	progress({ id, status: "Pushed", progressDetail: {} });
}

/** Another repository of the same registry that is known to have the blob. */
function mountSource({ records }: ImagesContext, target: Reference, digest: Digest): Reference | undefined {
	for (const image of records.all()) {
		if (!image.manifest.layers.some((layer) => layer.digest === digest)) continue;
		for (const name of image.repoDigests) {
			const known = parseReference(name);
			if (known.domain === target.domain && known.path !== target.path) return known;
		}
	}
	return undefined;
}

async function pushConfig(
	{ content }: ImagesContext,
	{ repository }: Pushing,
	config: Descriptor,
): Promise<void> {
	if (await repository.hasBlob(config.digest)) return;
	await repository.uploadBlob(config, { read: (range) => content.stream(config.digest, range) });
}

async function pushManifest(
	context: ImagesContext,
	{ reference, repository, options }: Pushing,
	{ image, index }: { image: ImageRecord; index: Descriptor | undefined },
): Promise<void> {
	const { digest, mediaType } = index ?? ownDescriptor(context.content, image);
	const bytes = await context.content.read(digest, maxManifestBytes);
	const tag = reference.tag!;
	await repository.putManifest(tag, mediaType, bytes);
	const current = context.records.byId(image.id);
	if (current !== undefined) {
		const repoDigest = `${canonicalName(reference)}@${digest}`;
		if (!namesOf(current).includes(repoDigest))
			registerImage(context, { ...current, tags: [], repoDigests: [repoDigest] });
	}
	publishImage(context, image, "push", familiarName(reference), familiarReference(reference));
	options.progress({ status: `${tag}: digest: ${digest} size: ${bytes.length}` });
	options.progress({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: bytes.length } });
}
