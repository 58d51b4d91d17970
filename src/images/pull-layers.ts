import { chainIds, type Descriptor, type ImageConfigFile, type Manifest } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { Progress } from "./contract.ts";
import { download } from "./download.ts";
import { throttled } from "./progress.ts";
import type { Pulling } from "./pulling.ts";
import { shortId } from "./short-id.ts";
import { allOrFirst, type LayerSource, unpackLayers } from "./unpack.ts";

/** Downloads and unpacks all layers, each as soon as it can. One failure ends all; then nothing runs on. */
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
	const downloads = manifest.layers.map((layer) => downloadLayer(context, pulling, layer));
	for (const task of downloads) task.catch(() => {});
	const sources = manifest.layers.map(
		(layer, index): LayerSource => ({
			diffId: config.rootfs.diff_ids[index]!,
			blob: () => downloads[index]!,
			...(isThere[index] ? {} : unpackProgress(layer, throttled(progress))),
		}),
	);
	await allOrFirst([...downloads, unpackLayers(context, sources, { lease, signal })], stop);
}

async function downloadLayer(context: ImagesContext, pulling: Pulling, layer: Descriptor) {
	const { repository, lease, signal, options } = pulling;
	const id = shortId(layer.digest);
	const progress = throttled(options.progress);
	let moved = false;
	const digest = await download(context, repository, {
		descriptor: layer,
		options: {
			lease,
			signal,
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

function unpackProgress({ digest, size }: Descriptor, progress: Progress) {
	const id = shortId(digest);
	return {
		onExtract: (current: number) =>
			progress({ id, status: "Extracting", progressDetail: { current, total: size } }),
		onUnpacked: () => progress({ id, status: "Pull complete", progressDetail: {} }),
	};
}
