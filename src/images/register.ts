import { failpoint } from "../lib/index.ts";
import { chainId, chainIds, type Digest, type ImageConfigFile, type Manifest } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord, KeptContent, KeptManifest } from "./contract.ts";

export interface ImageParts {
	readonly manifestDigest: Digest;
	readonly manifest: Manifest;
	readonly config: ImageConfigFile;
	/** Canonical names to give it. */
	readonly tags?: readonly string[];
	readonly repoDigests?: readonly string[];
	readonly parent?: Digest;
	/** All of its blobs are in the store. */
	readonly kept?: KeptContent | undefined;
	/** Canonical names of repositories. */
	readonly pulledFrom?: readonly string[] | undefined;
	/** The manifest takes the place of another one of the same config; what came with that one goes. */
	readonly replacesManifest?: boolean;
}

/**
 * Makes an image of blobs and layers that are all there, or gives an image that is there more names. One transaction:
 * after a kill it is there with all its names or not at all.
 */
export function registerImage(context: ImagesContext, parts: ImageParts): ImageRecord {
	const { records } = context;
	const id = parts.manifest.config.digest;
	const { tags = [], repoDigests = [] } = parts;
	const before = records.byId(id);
	const now = new Date().toISOString();
	// What is there keeps its manifest, unless told otherwise: all that it names is in the store.
	const base = before === undefined ? newRecord(context, parts, now) : withManifest(before, parts);
	const record: ImageRecord = {
		...base,
		tags: united(base.tags, tags),
		repoDigests: united(base.repoDigests, repoDigests),
		lastTaggedAt: tags.length > 0 ? now : base.lastTaggedAt,
		...keptOf(base, parts),
		...(parts.pulledFrom === undefined
			? {}
			: { pulledFrom: united(base.pulledFrom ?? [], parts.pulledFrom) }),
	};
	failpoint("images.register.before-persist");
	records.put(record);
	failpoint("images.register.after-persist");
	return record;
}

function withManifest(before: ImageRecord, parts: ImageParts): ImageRecord {
	const { manifest, manifestDigest, replacesManifest } = parts;
	if (replacesManifest !== true || manifestDigest === before.manifestDigest) return before;
	const { kept: _gone, ...rest } = before;
	return { ...rest, manifest, manifestDigest };
}

/** What came by another manifest of the same config is not about the one that stays. */
function keptOf(base: ImageRecord, { kept, manifestDigest }: ImageParts): Pick<ImageRecord, "kept"> {
	if (kept === undefined || manifestDigest !== base.manifestDigest) return {};
	return { kept: base.kept === undefined ? kept : mergeKept(base.kept, kept) };
}

/** Of an index that came before more may be here than what came now. */
function mergeKept(before: KeptContent, now: KeptContent): KeptContent {
	const referrers = new Map(
		[...before.referrers, ...now.referrers].map((one) => [one.descriptor.digest, one]),
	);
	const isSame = before.index?.descriptor.digest === now.index?.descriptor.digest;
	const index = isSame ? mergeBlobs(before.index, now.index) : (now.index ?? before.index);
	return { ...(index === undefined ? {} : { index }), referrers: [...referrers.values()] };
}

function mergeBlobs(
	before: KeptManifest | undefined,
	now: KeptManifest | undefined,
): KeptManifest | undefined {
	if (before === undefined || now === undefined) return now ?? before;
	return { ...now, blobs: [...new Set([...before.blobs, ...now.blobs])] };
}

function newRecord(context: ImagesContext, parts: ImageParts, now: string): ImageRecord {
	const { manifest, manifestDigest, config, parent } = parts;
	return {
		id: manifest.config.digest,
		manifestDigest,
		manifest,
		config,
		chainId: chainId(config.rootfs.diff_ids),
		tags: [],
		repoDigests: [],
		createdAt: config.created ?? new Date(0).toISOString(),
		storedAt: now,
		lastTaggedAt: undefined,
		sizeBytes: stackBytes(context, config),
		parent,
	};
}

function stackBytes({ snapshots }: ImagesContext, { rootfs }: ImageConfigFile): number {
	let sum = 0;
	for (const id of chainIds(rootfs.diff_ids)) sum += snapshots.layerUsage(id).bytes;
	return sum;
}

function united(one: readonly string[], other: readonly string[]): string[] {
	return [...new Set([...one, ...other])].sort();
}
