import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { failpoint } from "../lib/index.ts";
import { type Descriptor, type Digest, type Manifest, mediaTypes } from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord, LayerOfImage } from "./contract.ts";
import { blobCompression } from "./decompress.ts";

const plainTypes: ReadonlySet<string> = new Set([mediaTypes.ociLayer, mediaTypes.dockerLayer]);
const gzipOptions = { level: 6, chunkSize: 1024 * 1024 };

/**
 * Gives an image whose layers came uncompressed (load, import, commit) a manifest of gzip layers, once, so that
 * every push sends the same small blobs. The old blobs and manifest go when the operation ends.
 *
 * On disk after a kill: the old manifest with its blobs, or the new one; the other is collected.
 */
export async function compressLayers(
	context: ImagesContext,
	image: ImageRecord,
	{
		lease,
		signal,
		onLayer,
	}: { lease: Lease; signal?: AbortSignal | undefined; onLayer: (layer: Descriptor) => void },
): Promise<ImageRecord> {
	// An index or a signature names the manifest as it is.
	if (image.kept !== undefined) return image;
	if (!image.manifest.layers.some(({ mediaType }) => plainTypes.has(mediaType))) return image;
	for (const { digest } of image.manifest.layers) lease.hold(digest);
	lease.hold(image.manifestDigest);
	const layers: Descriptor[] = [];
	for (const layer of image.manifest.layers) {
		if (plainTypes.has(layer.mediaType)) onLayer(layer);
		layers.push(plainTypes.has(layer.mediaType) ? await compress(context, layer, { lease, signal }) : layer);
	}
	const manifest: Manifest = { ...image.manifest, layers };
	const { digest } = await context.content.put(Buffer.from(JSON.stringify(manifest)), { lease });
	failpoint("images.push.before-manifest");
	// Names may have changed while the layers were compressed.
	const current = context.records.byId(image.id) ?? image;
	const compressed = { ...current, manifest, manifestDigest: digest };
	if (context.records.byId(image.id) !== undefined) context.records.put(compressed);
	return compressed;
}

/** A layer's gzip blob: one that an image here has already, or made now. What is compressed already stays as it is. */
export async function compressedLayer(
	context: ImagesContext,
	{ diffId, digest, size }: LayerOfImage,
	options: { lease: Lease; signal?: AbortSignal | undefined },
): Promise<{ readonly digest: Digest; readonly size: number }> {
	if ((await blobCompression(context, digest)) !== "none") return { digest, size };
	const known = knownCompressed(context, diffId);
	const made = known ?? (await compress(context, { mediaType: mediaTypes.ociLayer, digest, size }, options));
	return { digest: made.digest, size: made.size };
}

function knownCompressed({ records, content }: ImagesContext, diffId: Digest): Descriptor | undefined {
	for (const { config, manifest } of records.all()) {
		const layer = manifest.layers[config.rootfs.diff_ids.indexOf(diffId)];
		if (layer?.mediaType === mediaTypes.ociLayerGzip && content.has(layer.digest)) return layer;
	}
	return undefined;
}

async function compress(
	{ content }: ImagesContext,
	layer: Descriptor,
	{ lease, signal }: { lease: Lease; signal?: AbortSignal | undefined },
): Promise<Descriptor> {
	const gzip = createGzip(gzipOptions);
	// Reports its failure through the stream that is read.
	pipeline(Readable.from(content.stream(layer.digest), { objectMode: false }), gzip, () => {});
	const written = await content.write(gzip, {}, { lease, ...(signal === undefined ? {} : { signal }) });
	const docker = layer.mediaType === mediaTypes.dockerLayer;
	return { ...layer, ...written, mediaType: docker ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayerGzip };
}
