import { failpoint } from "../lib/index.ts";
import { chainId, chainIds, type Digest, type ImageConfigFile, type Manifest } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import type { ImageRecord } from "./contract.ts";

export interface ImageParts {
	readonly manifestDigest: Digest;
	readonly manifest: Manifest;
	readonly config: ImageConfigFile;
	/** Canonical names to give it. */
	readonly tags?: readonly string[];
	readonly repoDigests?: readonly string[];
	readonly parent?: Digest;
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
	// What is there keeps its manifest: all that it names is in the store.
	const base = before ?? newRecord(context, parts, now);
	const record: ImageRecord = {
		...base,
		tags: united(base.tags, tags),
		repoDigests: united(base.repoDigests, repoDigests),
		lastTaggedAt: tags.length > 0 ? now : base.lastTaggedAt,
	};
	failpoint("images.register.before-persist");
	records.put(record);
	failpoint("images.register.after-persist");
	return record;
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
