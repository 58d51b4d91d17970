import type { Digest } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageDeletion } from "./contract.ts";
import { getImage } from "./find.ts";
import { release } from "./hold.ts";
import { leafManifests, partsOf } from "./leaf-manifests.ts";

/**
 * Removes platforms of an image's index that are kept packed, with their attestations; the image stays.
 *
 * After a kill: the record without them and perhaps their blobs, which the next start collects.
 */
export async function removeVariants(
	context: ImagesContext,
	reference: string,
	manifests: readonly Digest[],
): Promise<readonly ImageDeletion[]> {
	const image = getImage(context.records, reference);
	const leaves = await leafManifests(context.content, image);
	const isDropped = (digest: Digest | undefined) => digest !== undefined && manifests.includes(digest);
	const dropped = leaves.filter(
		({ descriptor, attests }) => isDropped(descriptor.digest) || isDropped(attests),
	);
	const blobsOfLeaf = ({ descriptor, manifest }: (typeof leaves)[number]) =>
		[descriptor, ...(manifest === undefined ? [] : partsOf(manifest))].map(({ digest }) => digest);
	// Platforms share blobs.
	const staying = new Set(leaves.filter((leaf) => !dropped.includes(leaf)).flatMap(blobsOfLeaf));
	const going = new Set(dropped.flatMap(blobsOfLeaf).filter((digest) => !staying.has(digest)));
	// Names may have changed while the manifests were read.
	const current = context.records.byId(image.id);
	const index = current?.kept?.index;
	if (current === undefined || index === undefined) return [];
	const blobs = index.blobs.filter((digest) => !going.has(digest));
	context.records.put({ ...current, kept: { ...current.kept!, index: { ...index, blobs } } });
	await release(context, [...going]);
	return manifests.map((deleted) => ({ deleted }));
}
