import type { ImageManifestSummary, ImageSummary } from "../../api/index.ts";
import type { ImageRecord } from "../../images/index.ts";
import { mediaTypes } from "../../oci/index.ts";
import type { ContentStore } from "../../store/index.ts";

/** The image's manifest as a client finds it in a registry (API 1.48). */
export function imageDescriptor(image: ImageRecord, content: ContentStore): ImageSummary["Descriptor"] {
	return {
		mediaType: image.manifest.mediaType ?? mediaTypes.ociManifest,
		digest: image.manifestDigest,
		size: content.size(image.manifestDigest) ?? 0,
	};
}

/** An image here has one manifest, for one platform, with all its content (API 1.47). */
export function imageManifest(
	image: ImageRecord,
	content: ContentStore,
	containerIds: readonly string[],
): ImageManifestSummary {
	const { architecture, os, variant } = image.config;
	const { config, layers } = image.manifest;
	const digests = new Set([image.manifestDigest, config.digest, ...layers.map(({ digest }) => digest)]);
	let contentBytes = 0;
	for (const digest of digests) contentBytes += content.size(digest) ?? 0;
	return {
		ID: image.manifestDigest,
		Descriptor: imageDescriptor(image, content)!,
		Available: true,
		Size: { Total: contentBytes + image.sizeBytes, Content: contentBytes },
		Kind: "image",
		ImageData: {
			Platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
			Containers: [...containerIds],
			Size: { Unpacked: image.sizeBytes },
		},
	};
}
