import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { failpoint } from "../lib/index.ts";
import { type Descriptor, type Manifest, mediaTypes } from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord } from "./contract.ts";

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
