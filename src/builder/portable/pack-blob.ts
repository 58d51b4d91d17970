import { pipeline, Readable } from "node:stream";
import { constants, createGzip, createZstdCompress } from "node:zlib";
import { type Descriptor, type Digest, mediaTypes } from "../../oci/index.ts";
import type { CacheStore, CacheTargetOptions } from "../contract.ts";
import type { SolveContext } from "../solve/context.ts";
import { LayerLost } from "./imports.ts";

export interface Packing {
	readonly store: CacheStore;
	readonly options: CacheTargetOptions;
	/** Blobs that may be there already. */
	readonly known: readonly (Descriptor | undefined)[];
	readonly signal: AbortSignal;
}

const chunkSize = 1024 * 1024;
const gzipLevel = 6;

/**
 * Puts a layer's archive into a store, compressed as asked for, unless it is there. `undefined`: its content cannot be
 * had any more, and the cache will know it by its digest alone.
 */
export async function packBlob(
	context: SolveContext,
	layer: { readonly diffId: Digest; readonly size: number },
	{ store, options, known, signal }: Packing,
): Promise<Descriptor | undefined> {
	const { content, lease, imports } = context;
	const mediaType = layerType(options);
	for (const blob of known) if (blob?.mediaType === mediaType && (await store.has(blob))) return blob;
	try {
		await imports.fetch(layer, { content, lease, signal });
	} catch (error) {
		if (error instanceof LayerLost) return undefined;
		throw error;
	}
	const packed = await compressed(context, layer.diffId, { options, signal });
	const blob: Descriptor = { mediaType, digest: packed.digest, size: packed.size };
	if (!(await store.has(blob))) await store.write(blob, (range) => content.stream(blob.digest, range));
	return blob;
}

/** An archive of the content store, compressed: a blob that is held as long as the build is. */
export async function compressed(
	{ content, lease }: SolveContext,
	digest: Digest,
	{ options, signal }: Pick<Packing, "options" | "signal">,
): Promise<{ readonly digest: Digest; readonly size: number }> {
	if (options.compression === "uncompressed") return { digest, size: content.size(digest)! };
	const encoder = encoderOf(options);
	// Reports its failure through the stream that is read.
	pipeline(Readable.from(content.stream(digest), { objectMode: false }), encoder, () => {});
	return await content.write(encoder, {}, { lease, signal });
}

function encoderOf({ compression, compressionLevel }: CacheTargetOptions) {
	if (compression === "gzip")
		return createGzip({ level: Math.min(compressionLevel ?? gzipLevel, 9), chunkSize });
	const level = Math.min(Math.max(compressionLevel ?? 3, 1), 19);
	return createZstdCompress({ chunkSize, params: { [constants.ZSTD_c_compressionLevel]: level } });
}

export function layerType({ compression, hasOciTypes }: CacheTargetOptions): string {
	if (compression === "gzip") return hasOciTypes ? mediaTypes.ociLayerGzip : mediaTypes.dockerLayerGzip;
	if (compression === "zstd") return hasOciTypes ? mediaTypes.ociLayerZstd : mediaTypes.dockerLayerZstd;
	return hasOciTypes ? mediaTypes.ociLayer : mediaTypes.dockerLayer;
}
