import { EngineError } from "../lib/index.ts";
import {
	canonicalReference,
	type Digest,
	type HistoryEntry,
	type ImageConfigFile,
	parseImageConfig,
	parseReference,
	withDefaultTag,
} from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import { makeManifest } from "./archived-image.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord } from "./contract.ts";
import { registerImage } from "./register.ts";
import { unpackLayers } from "./unpack.ts";

export interface NewImage {
	/** Without `rootfs` and `history`, which follow from the parent and the step. */
	readonly config: Omit<ImageConfigFile, "rootfs" | "history">;
	readonly parent: ImageRecord | undefined;
	/** Blob and diffId of the layer on top; `undefined` when nothing changed. */
	readonly layer: { readonly digest: Digest; readonly size: number; readonly diffId: Digest } | undefined;
	readonly step: HistoryEntry;
	/** Canonical. */
	readonly tags: readonly string[];
}

/** Makes an image of one more layer (import, commit): config, manifest, layer snapshot, record. */
export async function createImage(
	context: ImagesContext,
	image: NewImage,
	options: { lease: Lease; signal?: AbortSignal | undefined; onExtract?: (bytes: number) => void },
): Promise<ImageRecord> {
	const { parent, layer, step } = image;
	const { lease, signal } = options;
	const below = parent?.config.rootfs.diff_ids ?? [];
	const layers = [...(parent?.manifest.layers ?? [])];
	for (const { digest } of layers) lease.hold(digest);
	const file: ImageConfigFile = {
		...image.config,
		rootfs: { type: "layers", diff_ids: layer === undefined ? below : [...below, layer.diffId] },
		history: [...(parent?.config.history ?? []), layer === undefined ? { ...step, empty_layer: true } : step],
	};
	const bytes = Buffer.from(JSON.stringify(file));
	const written = await context.content.put(bytes, { lease });
	// As the next daemon will read it.
	const config = parseImageConfig(bytes, `image config ${written.digest}`);
	const made = await makeManifest(context, written, {
		layers: layer === undefined ? layers : [...layers, { digest: layer.digest, size: layer.size }],
		lease,
	});
	const blobs = made.manifest.layers;
	await unpackLayers(
		context,
		config.rootfs.diff_ids.map((diffId, index) => ({
			diffId,
			blob: async () => blobs[index]!.digest,
			...(options.onExtract === undefined ? {} : { onExtract: options.onExtract }),
		})),
		{ lease, signal },
	);
	return registerImage(context, {
		...made,
		config,
		tags: image.tags,
		...(parent === undefined ? {} : { parent: parent.id }),
	});
}

/** The canonical name for a new image, in a list; empty when none was given. */
export function newTags(reference: string | undefined): string[] {
	if (reference === undefined || reference === "") return [];
	const parsed = parseReference(reference);
	if (parsed.digest !== undefined)
		throw new EngineError("invalid_argument", "cannot import digest reference");
	return [canonicalReference(withDefaultTag(parsed))];
}
