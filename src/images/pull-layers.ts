import { chainIds, type Descriptor, type Digest, type ImageConfigFile, type Manifest } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { Progress } from "./contract.ts";
import { download } from "./download.ts";
import type { GrowingBlob } from "./growing-blob.ts";
import { throttled } from "./progress.ts";
import type { Pulling } from "./pulling.ts";
import { shortId } from "./short-id.ts";
import { allOrFirst, type LayerSource, unpackLayers } from "./unpack.ts";

/** Downloads all layers and unpacks each while it comes in, as far as there are slots. One failure ends all; then nothing runs on. */
export async function fetchLayers(
	context: ImagesContext,
	pulling: Pulling,
	{ manifest, config }: { manifest: Manifest; config: ImageConfigFile },
): Promise<void> {
	const { lease, signal, stop } = pulling;
	const progress = pulling.options.progress;
	const chain = chainIds(config.rootfs.diff_ids);
	// Before the look at what is there: nothing may be collected between the two.
	for (const id of chain) lease.hold(id);
	const isThere = manifest.layers.map(
		({ digest }, index) => context.content.has(digest) && context.snapshots.hasLayer(chain[index]!),
	);
	for (const [index, { digest }] of manifest.layers.entries()) {
		const status = isThere[index] ? "Already exists" : "Pulling fs layer";
		progress({ id: shortId(digest), status, progressDetail: {} });
	}
	using growing = new DisposableStack();
	const downloads = manifest.layers.map((layer) => startDownload(context, pulling, { layer, growing }));
	const sources = manifest.layers.map(
		(layer, index): LayerSource => ({
			diffId: config.rootfs.diff_ids[index]!,
			blob: () => downloads[index]!.done,
			growing: () => downloads[index]!.growing,
			...(isThere[index] ? {} : unpackProgress(layer, downloads[index]!, throttled(progress))),
		}),
	);
	await allOrFirst(
		[...downloads.map(({ done }) => done), unpackLayers(context, sources, { lease, signal })],
		stop,
	);
}

interface Download {
	readonly done: Promise<Digest>;
	/** Resolves when bytes begin to come, or when none will. */
	readonly growing: Promise<GrowingBlob | undefined>;
	isDone: boolean;
}

function startDownload(
	context: ImagesContext,
	pulling: Pulling,
	{ layer, growing }: { layer: Descriptor; growing: DisposableStack },
): Download {
	const begun = Promise.withResolvers<GrowingBlob | undefined>();
	const onGrowing = (blob: GrowingBlob) => begun.resolve(growing.use(blob));
	const done = downloadLayer(context, pulling, { layer, onGrowing });
	const download: Download = { done, growing: begun.promise, isDone: false };
	const end = () => {
		download.isDone = true;
		begun.resolve(undefined);
	};
	done.then(end, end);
	return download;
}

async function downloadLayer(
	context: ImagesContext,
	pulling: Pulling,
	{ layer, onGrowing }: { layer: Descriptor; onGrowing: (blob: GrowingBlob) => void },
): Promise<Digest> {
	const { repository, lease, signal, options } = pulling;
	const id = shortId(layer.digest);
	const progress = throttled(options.progress);
	let moved = false;
	const digest = await download(context, repository, {
		descriptor: layer,
		options: {
			lease,
			signal,
			onGrowing,
			onWaiting: () => progress({ id, status: "Waiting", progressDetail: {} }),
			onProgress: (current) => {
				moved = true;
				progress({ id, status: "Downloading", progressDetail: { current, total: layer.size } });
			},
		},
	});
	if (moved) {
		progress({ id, status: "Verifying Checksum", progressDetail: {} });
		progress({ id, status: "Download complete", progressDetail: {} });
	}
	return digest;
}

/** Until its download is done a layer shows that one alone: clients have one line for each layer. */
function unpackProgress({ digest, size }: Descriptor, download: Download, progress: Progress) {
	const id = shortId(digest);
	return {
		onExtract: (current: number) => {
			if (!download.isDone) return;
			progress({ id, status: "Extracting", progressDetail: { current, total: size } });
		},
		onUnpacked: () => progress({ id, status: "Pull complete", progressDetail: {} }),
	};
}
