import {
	type Descriptor,
	type Digest,
	isDigest,
	isIndexType,
	type Manifest,
	maxManifestBytes,
	mediaTypes,
	parseManifestDocument,
} from "../oci/index.ts";
import type { ContentStore } from "../store/index.ts";
import type { ImageContent, KeptManifest, LeafManifest } from "./contract.ts";

const maxNesting = 4;
/** https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md */
const attestationType = "vnd.docker.reference.type";
const attestedDigest = "vnd.docker.reference.digest";

/** The manifests of an image's index, through nested ones, in its order; of an image without one its own. */
export async function leafManifests(
	content: ContentStore,
	image: ImageContent,
): Promise<readonly LeafManifest[]> {
	const index = image.kept?.index;
	if (index !== undefined) return readLeaves(content, index.descriptor, { nesting: 0 });
	const descriptor = ownDescriptor(content, image);
	return [{ descriptor, manifest: image.manifest, isWhole: true, attests: undefined }];
}

/** An index that is in the store, with what is here of all it names. */
export async function keptIndex(content: ContentStore, descriptor: Descriptor): Promise<KeptManifest> {
	const blobs = new Set<Digest>();
	const leaves = await readLeaves(content, descriptor, {
		nesting: 0,
		onIndex: (digest) => blobs.add(digest),
	});
	for (const { isWhole, manifest, descriptor: leaf } of leaves)
		if (isWhole) for (const { digest } of [leaf, ...partsOf(manifest!)]) blobs.add(digest);
	return { descriptor, blobs: [...blobs] };
}

/** An image's own manifest as an index would name it. */
export function ownDescriptor(content: ContentStore, { manifest, manifestDigest }: ImageContent): Descriptor {
	return {
		mediaType: manifest.mediaType ?? mediaTypes.ociManifest,
		digest: manifestDigest,
		size: content.size(manifestDigest) ?? 0,
	};
}

async function readLeaves(
	content: ContentStore,
	descriptor: Descriptor,
	{ nesting, onIndex }: { nesting: number; onIndex?: (digest: Digest) => void },
): Promise<readonly LeafManifest[]> {
	if (!isIndexType(descriptor.mediaType)) return [await leafManifest(content, descriptor)];
	if (nesting > maxNesting || !content.has(descriptor.digest)) return [];
	const document = await readDocument(content, descriptor);
	if (document.kind !== "index") return [];
	onIndex?.(descriptor.digest);
	const below = { nesting: nesting + 1, ...(onIndex === undefined ? {} : { onIndex }) };
	const leaves: LeafManifest[] = [];
	for (const entry of document.index.manifests) leaves.push(...(await readLeaves(content, entry, below)));
	return leaves;
}

/** @param descriptor of a manifest that may not be here. */
export async function leafManifest(content: ContentStore, descriptor: Descriptor): Promise<LeafManifest> {
	const attests = attestedBy(descriptor);
	const absent = { descriptor, manifest: undefined, isWhole: false, attests };
	if (!content.has(descriptor.digest)) return absent;
	const document = await readDocument(content, descriptor);
	if (document.kind !== "manifest") return absent;
	const { manifest } = document;
	const isWhole = partsOf(manifest).every(({ digest }) => content.has(digest));
	return { descriptor, manifest, isWhole, attests };
}

/** What a manifest names and registries hand out. */
export function partsOf({ config, layers }: Manifest): readonly Descriptor[] {
	return [config, ...layers.filter((layer) => !isForeign(layer))];
}

/** A layer that registries may not hand out: whoever pulls the image gets it where its addresses say. */
export function isForeign({ mediaType, urls = [] }: Descriptor): boolean {
	return urls.length > 0 && /\.(?:foreign|nondistributable)\./.test(mediaType);
}

/** The image that an entry of an index is BuildKit's attestation for. */
export function attestedBy({ annotations }: Descriptor): Digest | undefined {
	if (annotations?.[attestationType] !== "attestation-manifest") return undefined;
	const digest = annotations[attestedDigest];
	return isDigest(digest) ? digest : undefined;
}

async function readDocument(content: ContentStore, { digest, mediaType }: Descriptor) {
	return parseManifestDocument(await content.read(digest, maxManifestBytes), `manifest ${digest}`, mediaType);
}
