import type { ImageIdentity, ImageManifestSummary, ImageSummary } from "../../api/index.ts";
import { type ImageRecord, type Images, type LeafManifest, ownDescriptor } from "../../images/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { ContentStore } from "../../store/index.ts";

/** The image's index or manifest as a client finds it in a registry (API 1.48). */
export function imageDescriptor(image: ImageRecord, content: ContentStore): ImageSummary["Descriptor"] {
	return image.kept?.index?.descriptor ?? ownDescriptor(content, image);
}

/** Where the engine got the image from; `undefined` for one that was made or loaded here. */
export function imageIdentity({ pulledFrom = [] }: ImageRecord): ImageIdentity | undefined {
	if (pulledFrom.length === 0) return undefined;
	return { Pull: pulledFrom.map((Repository) => ({ Repository })) };
}

/** The manifests of the image's index, those that are not here too; of an image without one its own (API 1.47). */
export async function imageManifests(
	image: ImageRecord,
	{ images, content }: { images: Images; content: ContentStore },
	{ containerIds, identity }: { containerIds: readonly string[]; identity: boolean },
): Promise<ImageManifestSummary[]> {
	const leaves = await images.manifests(image);
	return leaves.map((leaf) => {
		const isUnpacked = leaf.descriptor.digest === image.manifestDigest;
		const unpackedBytes = isUnpacked ? image.sizeBytes : 0;
		const contentBytes = sizeOf(leaf, content);
		return {
			ID: leaf.descriptor.digest,
			Descriptor: { ...leaf.descriptor, annotations: { ...leaf.descriptor.annotations } },
			Available: leaf.isWhole,
			Size: { Total: contentBytes + unpackedBytes, Content: contentBytes },
			...(leaf.attests === undefined
				? imageKind(image, leaf, { isUnpacked, unpackedBytes, containerIds, identity })
				: { Kind: "attestation", AttestationData: { For: leaf.attests } }),
		};
	});
}

function imageKind(
	image: ImageRecord,
	{ descriptor }: LeafManifest,
	{
		isUnpacked,
		unpackedBytes,
		containerIds,
		identity,
	}: { isUnpacked: boolean; unpackedBytes: number; containerIds: readonly string[]; identity: boolean },
): Pick<ImageManifestSummary, "Kind" | "ImageData"> {
	const { architecture, os, variant } = descriptor.platform ?? image.config;
	if (!isUnpacked && descriptor.platform === undefined) return { Kind: "unknown" };
	const Identity = identity ? imageIdentity(image) : undefined;
	return {
		Kind: "image",
		ImageData: {
			Platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
			...(Identity === undefined ? {} : { Identity }),
			Containers: isUnpacked ? [...containerIds] : [],
			Size: { Unpacked: unpackedBytes },
		},
	};
}

function sizeOf({ descriptor, manifest }: LeafManifest, content: ContentStore): number {
	const parts = manifest === undefined ? [] : [manifest.config, ...manifest.layers];
	const digests = new Set<Digest>([descriptor, ...parts].map(({ digest }) => digest));
	let bytes = 0;
	for (const digest of digests) bytes += content.size(digest) ?? 0;
	return bytes;
}
