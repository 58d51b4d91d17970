import { EngineError } from "../lib/index.ts";
import { type Digest, type ImageConfigFile, type Manifest, mediaTypes } from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ImagesContext } from "./context.ts";
import type { KeptContent } from "./contract.ts";
import { blobCompression } from "./decompress.ts";

/** An image found in an archive; all its blobs are in the content store, nothing is unpacked yet. */
export interface ArchivedImage {
	readonly manifestDigest: Digest;
	readonly manifest: Manifest;
	readonly config: ImageConfigFile;
	readonly layers: readonly { readonly diffId: Digest; readonly digest: Digest; readonly size: number }[];
	/** Canonical. */
	readonly tags: readonly string[];
	readonly kept?: KeptContent;
}

/** Containers here are Linux's, whatever the architecture: an image of another can be kept, tagged and pushed. */
export function checkOperatingSystem({ os }: ImageConfigFile): void {
	if (os !== "linux") throw new EngineError("invalid_argument", `cannot load ${os} image on linux`);
}

/** Writes the manifest that an image from a docker-archive, an import or a commit does not have. */
export async function makeManifest(
	context: ImagesContext,
	config: { readonly digest: Digest; readonly size: number },
	{
		layers,
		lease,
		annotations = {},
	}: {
		layers: readonly { digest: Digest; size: number }[];
		lease: Lease;
		annotations?: Readonly<Record<string, string>>;
	},
): Promise<{ manifest: Manifest; manifestDigest: Digest }> {
	const manifest: Manifest = {
		schemaVersion: 2,
		mediaType: mediaTypes.ociManifest,
		config: { mediaType: mediaTypes.ociConfig, digest: config.digest, size: config.size },
		layers: await Promise.all(
			layers.map(async ({ digest, size }) => ({
				mediaType: await layerMediaType(context, digest),
				digest,
				size,
			})),
		),
		...(Object.keys(annotations).length === 0 ? {} : { annotations }),
	};
	const { digest } = await context.content.put(Buffer.from(JSON.stringify(manifest)), { lease });
	return { manifest, manifestDigest: digest };
}

async function layerMediaType(context: ImagesContext, digest: Digest): Promise<string> {
	const compression = await blobCompression(context, digest);
	switch (compression) {
		case "none":
			return mediaTypes.ociLayer;
		case "gzip":
			return mediaTypes.ociLayerGzip;
		case "zstd":
			return mediaTypes.ociLayerZstd;
		default:
			throw new EngineError(
				"not_implemented",
				`layer ${digest} is compressed with ${compression}, which image layers do not have`,
			);
	}
}
