import { type Descriptor, type Digest, isIndexType } from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ArchiveParts } from "./archive-parts.ts";
import type { ArchivedImage } from "./archived-image.ts";
import type { ImagesContext } from "./context.ts";
import type { KeptManifest } from "./contract.ts";
import { artifactDescriptor } from "./fetch-kept.ts";
import { readDocument, storeVerified } from "./layout-parts.ts";

/** A manifest of an archive that is about another. */
export interface ArchivedReferrer {
	readonly subject: Digest;
	readonly kept: KeptManifest;
}

/** `undefined` for an entry that is an image or an index. */
export async function readReferrer(
	context: ImagesContext,
	parts: ArchiveParts,
	{ descriptor, lease }: { descriptor: Descriptor; lease: Lease },
): Promise<ArchivedReferrer | undefined> {
	if (isIndexType(descriptor.mediaType)) return undefined;
	const document = await readDocument(context, parts, descriptor);
	if (document.kind !== "manifest" || document.manifest.subject === undefined) return undefined;
	const { manifest, mediaType } = document;
	const { digest, size } = descriptor;
	const all = [descriptor, manifest.config, ...manifest.layers];
	for (const part of all) await storeVerified(context, parts, { descriptor: part, lease });
	return {
		subject: manifest.subject!.digest,
		kept: {
			descriptor: artifactDescriptor(manifest, { mediaType, digest, size }),
			blobs: all.map((part) => part.digest),
		},
	};
}

/** An image with those that are about its manifest or its index. */
export function withReferrers(image: ArchivedImage, referrers: readonly ArchivedReferrer[]): ArchivedImage {
	const subjects = [image.manifestDigest, image.kept?.index?.descriptor.digest];
	const own = referrers.filter(({ subject }) => subjects.includes(subject)).map(({ kept }) => kept);
	return own.length === 0 ? image : { ...image, kept: { ...image.kept, referrers: own } };
}
