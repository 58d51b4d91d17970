import { EngineError, failpoint } from "../lib/index.ts";
import { chainIds, type Digest, maxLayerDepth } from "../oci/index.ts";
import type { Lease, StagedLayer } from "../store/index.ts";
import type { ImagesContext } from "./context.ts";
import type { GrowingBlob } from "./growing-blob.ts";

export interface LayerSource {
	readonly diffId: Digest;
	/** Resolves with the blob once it is in the content store. Asked for only when the layer is not there. */
	readonly blob: () => Promise<Digest>;
	/** The blob while it comes in, as soon as it does; `undefined` when it does not, or is there already. */
	readonly growing?: () => Promise<GrowingBlob | undefined>;
	/** Compressed bytes read so far. */
	readonly onExtract?: (bytes: number) => void;
	readonly onUnpacked?: () => void;
}

/**
 * Makes layer snapshots of a stack of layers, bottom first. Layers that are there are left as they are; the others
 * are extracted some at a time in any order where the driver allows it, and committed in order. Two images that
 * share layers share the work. The first failure stops all; a diffId that is wrong is `corrupt`.
 *
 * After a kill: staged folders, which the snapshot driver removes at the next start, and whole layers, which
 * collection removes when no image needs them.
 */
export async function unpackLayers(
	context: ImagesContext,
	layers: readonly LayerSource[],
	{ lease, signal }: { lease: Lease; signal?: AbortSignal | undefined },
): Promise<void> {
	if (layers.length > maxLayerDepth) throw new EngineError("invalid_argument", "max depth exceeded");
	const chain = chainIds(layers.map(({ diffId }) => diffId));
	for (const id of chain) lease.hold(id);
	const stop = new AbortController();
	const bounded = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
	let below: Promise<void> = Promise.resolve();
	const tasks = layers.map((layer, index) => {
		const place = { chainId: chain[index]!, parent: chain[index - 1], parentReady: below, signal: bounded };
		below = unpackLayer(context, layer, place);
		return below;
	});
	await allOrFirst(tasks, stop);
	// Before an image names them: after a power failure it has whole layers or is not there.
	await context.snapshots.sync(chain);
}

/** Waits for all, also after a failure: nothing goes on behind the caller's back. Throws what failed first. */
export async function allOrFirst(tasks: readonly Promise<unknown>[], stop: AbortController): Promise<void> {
	let failed: { error: unknown } | undefined;
	await Promise.all(
		tasks.map((task) =>
			task.catch((error: unknown) => {
				failed ??= { error };
				stop.abort(new EngineError("cancelled", "another part of the operation failed"));
			}),
		),
	);
	if (failed !== undefined) throw failed.error;
}

interface Place {
	readonly chainId: Digest;
	readonly parent: Digest | undefined;
	readonly parentReady: Promise<void>;
	readonly signal: AbortSignal;
}

async function unpackLayer(context: ImagesContext, layer: LayerSource, place: Place): Promise<void> {
	const { snapshots, layerLocks } = context;
	const { chainId, signal } = place;
	// Awaited below; a failure of the parent must not count as unhandled until then.
	place.parentReady.catch(() => {});
	using _lock = await layerLocks.acquire(chainId, signal);
	if (!snapshots.hasLayer(chainId)) await extract(context, layer, place);
	else await place.parentReady;
	layer.onUnpacked?.();
}

async function extract(context: ImagesContext, layer: LayerSource, place: Place): Promise<void> {
	const growing = await layer.growing?.();
	if (growing !== undefined && (await extractFrom(context, layer, { place, growing }))) return;
	await extractFrom(context, layer, { place, growing: undefined });
}

/**
 * Extracts a blob that is there, or one that is on its way: then false when its bytes turned out to be wrong, and
 * nothing is kept. A layer is committed when blob and diffId are verified and its parent is there.
 */
async function extractFrom(
	context: ImagesContext,
	layer: LayerSource,
	{ place, growing }: { place: Place; growing: GrowingBlob | undefined },
): Promise<boolean> {
	const { snapshots, content } = context;
	const { chainId, parent, parentReady } = place;
	const stored = growing === undefined ? await layer.blob() : undefined;
	// Only overlay takes layers in any order; the others build on a copy of their parent.
	if (snapshots.name !== "overlay") await parentReady;
	await using staged = await snapshots.stage(parent);
	const blobPath = stored === undefined ? () => growing!.path : () => content.path(stored);
	const extraction = runExtraction(context, layer, { staged, blobPath, growing, signal: place.signal });
	// What the wrong bytes did to the extraction is no news: that they are wrong is.
	if (growing !== undefined) await extraction.catch(() => {});
	const blob = stored ?? (await layer.blob());
	if (growing?.isStored === false) return false;
	const { diffId, bytes, inodes } = await extraction;
	if (diffId !== layer.diffId) {
		throw new EngineError(
			"corrupt",
			`layer ${blob} unpacks to ${diffId}, but the image's config says ${layer.diffId}`,
		);
	}
	await parentReady;
	failpoint("images.unpack.before-commit");
	await staged.commit(chainId, { bytes, inodes });
	failpoint("images.unpack.after-commit");
	return true;
}

interface Extraction {
	readonly staged: StagedLayer;
	readonly blobPath: () => string;
	readonly growing: GrowingBlob | undefined;
	readonly signal: AbortSignal;
}

function runExtraction(
	{ archive, limits, extractionSlots }: ImagesContext,
	layer: LayerSource,
	{ staged, blobPath, growing, signal }: Extraction,
) {
	return withSlot(extractionSlots, signal, () =>
		archive.extractLayer({
			blobPath: blobPath(),
			...(growing === undefined ? {} : { growth: growing.growth() }),
			directory: staged.directory,
			whiteouts: staged.whiteouts,
			limits: { maxBytes: limits.layerBytes, maxEntries: limits.layerEntries },
			signal,
			...(layer.onExtract === undefined ? {} : { onProgress: layer.onExtract }),
		}),
	);
}

async function withSlot<T>(
	slots: ImagesContext["extractionSlots"],
	signal: AbortSignal,
	body: () => Promise<T>,
): Promise<T> {
	using _slot = await slots.acquire(signal);
	return await body();
}
