import { EngineError } from "../lib/index.ts";
import {
	bestPlatform,
	type Descriptor,
	type Digest,
	formatPlatform,
	isImageConfigType,
	isRunnableOn,
	type Manifest,
	type Platform,
} from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ArchiveParts } from "./archive-parts.ts";
import type { ArchivedImage } from "./archived-image.ts";
import type { ImagesContext } from "./context.ts";
import { blobName, readDocument, readImage, storeVerified } from "./layout-parts.ts";
import { attestedBy, partsOf } from "./leaf-manifests.ts";

const maxNesting = 4;

/** One entry of `index.json`, and what of it is wanted; without platforms all. */
export interface LayoutEntry {
	readonly descriptor: Descriptor;
	readonly lease: Lease;
	readonly platforms: readonly Platform[] | undefined;
}

interface Leaf {
	readonly descriptor: Descriptor;
	readonly manifest: Manifest;
}

/**
 * An index of an archive with all of it that is there, or that is for the wanted platforms. The image is the one for
 * this machine, else the first.
 */
export async function readIndexedImage(
	context: ImagesContext,
	parts: ArchiveParts,
	{ descriptor, lease, platforms }: LayoutEntry,
): Promise<ArchivedImage> {
	const { indexes, leaves } = await readTree(context, parts, { descriptor, nesting: 0 });
	const wanted = leaves.filter((leaf) => isWanted(leaf, leaves, platforms));
	const chosen = choose(context, wanted.filter(isImage), platforms);
	const blobs = new Set<Digest>();
	for (const index of indexes) {
		await storeVerified(context, parts, { descriptor: index, lease });
		blobs.add(index.digest);
	}
	for (const leaf of wanted) {
		for (const part of [leaf.descriptor, ...partsOf(leaf.manifest)]) {
			await storeVerified(context, parts, { descriptor: part, lease });
			blobs.add(part.digest);
		}
	}
	const { mediaType, digest, size } = descriptor;
	const index = { descriptor: { mediaType, digest, size }, blobs: [...blobs] };
	return {
		...(await readImage(context, parts, { descriptor: chosen.descriptor, lease })),
		kept: { index, referrers: [] },
	};
}

/** What an index names and the archive, or the store, has whole. */
async function readTree(
	context: ImagesContext,
	parts: ArchiveParts,
	{ descriptor, nesting }: { descriptor: Descriptor; nesting: number },
): Promise<{ indexes: Descriptor[]; leaves: Leaf[] }> {
	const isHere = ({ digest }: Descriptor) => parts.has(blobName(digest)) || context.content.has(digest);
	const document = await readDocument(context, parts, descriptor);
	if (document.kind === "manifest") {
		const { manifest } = document;
		const isWhole = partsOf(manifest).every(isHere);
		return { indexes: [], leaves: isWhole ? [{ descriptor, manifest }] : [] };
	}
	if (nesting === maxNesting)
		throw new EngineError("corrupt", `index ${descriptor.digest} is nested too deep`);
	const tree = { indexes: [descriptor], leaves: [] as Leaf[] };
	for (const entry of document.index.manifests) {
		if (!isHere(entry)) continue;
		const below = await readTree(context, parts, { descriptor: entry, nesting: nesting + 1 });
		tree.indexes.push(...below.indexes);
		tree.leaves.push(...below.leaves);
	}
	return tree;
}

function isWanted(leaf: Leaf, leaves: readonly Leaf[], platforms: readonly Platform[] | undefined): boolean {
	if (platforms === undefined) return true;
	const attested = attestedBy(leaf.descriptor);
	const { platform } = (leaves.find(({ descriptor }) => descriptor.digest === attested) ?? leaf).descriptor;
	return platform !== undefined && platforms.some((wanted) => isRunnableOn(platform, wanted));
}

function isImage({ descriptor, manifest }: Leaf): boolean {
	return attestedBy(descriptor) === undefined && isImageConfigType(manifest.config.mediaType);
}

function choose(
	context: ImagesContext,
	images: readonly Leaf[],
	platforms: readonly Platform[] | undefined,
): Leaf {
	const best = bestPlatform(
		images.map(({ descriptor }) => descriptor.platform),
		context.platform,
	);
	const chosen = images[best] ?? images[0];
	if (chosen !== undefined) return chosen;
	const wanted = (platforms ?? [context.platform]).map(formatPlatform).join(", ");
	throw new EngineError("not_found", `no matching manifest for ${wanted} in the manifest list entries`);
}
