import { EngineError } from "../lib/index.ts";
import {
	type Descriptor,
	digestHex,
	digestOf,
	maxConfigBytes,
	maxManifestBytes,
	parseImageConfig,
	parseManifestDocument,
} from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ArchiveParts } from "./archive-parts.ts";
import { type ArchivedImage, checkOperatingSystem } from "./archived-image.ts";
import { checkMediaTypes } from "./check-media-types.ts";
import type { ImagesContext } from "./context.ts";

/** A manifest or index of the archive, or one that the store has. */
export async function readDocument(
	{ content }: ImagesContext,
	parts: ArchiveParts,
	{ digest, mediaType }: Descriptor,
) {
	const isStored = !parts.has(blobName(digest)) && content.has(digest);
	const bytes = isStored
		? await content.read(digest, maxManifestBytes)
		: await parts.bytes(blobName(digest), maxManifestBytes);
	if (digestOf(bytes) !== digest)
		throw new EngineError("corrupt", `${blobName(digest)} in the archive has the digest ${digestOf(bytes)}`);
	return parseManifestDocument(bytes, `manifest ${digest}`, mediaType);
}

/** An image of a layout, by its manifest. All its blobs are in the store then. */
export async function readImage(
	context: ImagesContext,
	parts: ArchiveParts,
	{ descriptor, lease }: { descriptor: Descriptor; lease: Lease },
): Promise<ArchivedImage> {
	const document = await readDocument(context, parts, descriptor);
	if (document.kind !== "manifest") throw new EngineError("corrupt", `${descriptor.digest} is no manifest`);
	const { manifest } = document;
	checkMediaTypes(manifest, descriptor);
	await storeVerified(context, parts, { descriptor, lease });
	await storeVerified(context, parts, { descriptor: manifest.config, lease });
	const bytes = await context.content.read(manifest.config.digest, maxConfigBytes);
	const config = parseImageConfig(bytes, `image config ${manifest.config.digest}`);
	checkOperatingSystem(config);
	const diffIds = config.rootfs.diff_ids;
	if (diffIds.length !== manifest.layers.length) {
		throw new EngineError(
			"corrupt",
			`manifest ${descriptor.digest} has ${manifest.layers.length} layers, its config ${diffIds.length}`,
		);
	}
	for (const layer of manifest.layers) await storeVerified(context, parts, { descriptor: layer, lease });
	const layers = manifest.layers.map(({ digest, size }, index) => ({
		diffId: diffIds[index]!,
		digest,
		size,
	}));
	return { manifestDigest: descriptor.digest, manifest, config, layers, tags: [] };
}

/** The member under the name of its digest must have that digest, and the announced size. */
export async function storeVerified(
	{ content }: ImagesContext,
	parts: ArchiveParts,
	{ descriptor: { digest, size }, lease }: { descriptor: Descriptor; lease: Lease },
): Promise<void> {
	lease.hold(digest);
	// A layer that the store has may be left out of the archive.
	const stored = parts.has(blobName(digest))
		? await parts.blob(blobName(digest))
		: storedBlob(content, digest);
	if (stored === undefined) throw new EngineError("corrupt", `${blobName(digest)} is not in the archive`);
	if (stored.digest !== digest)
		throw new EngineError("corrupt", `${blobName(digest)} in the archive has the digest ${stored.digest}`);
	if (stored.size !== size)
		throw new EngineError("corrupt", `${digest} has ${stored.size} bytes instead of the announced ${size}`);
}

function storedBlob(content: ImagesContext["content"], digest: Descriptor["digest"]) {
	const size = content.size(digest);
	return size === undefined ? undefined : { digest, size };
}

export function blobName(digest: Descriptor["digest"]): string {
	return `blobs/sha256/${digestHex(digest)}`;
}
