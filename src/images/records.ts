import { chainIds, type Digest, isDigest } from "../oci/index.ts";
import type { Metadata } from "../store/index.ts";
import type { ImageContent, ImageRecord, KeptContent, KeptManifest } from "./contract.ts";

/**
 * The images that are there: rows of the table `images`, mirrored in memory with an index of names. A name (tag or
 * digest reference, canonical) belongs to one image at most.
 */
export interface ImageRecords {
	all(): readonly ImageRecord[];
	byId(id: string): ImageRecord | undefined;
	/** @param name canonical, with tag or digest. */
	byName(name: string): ImageRecord | undefined;
	/** The only image whose id begins so; `undefined` when there is none or more than one. */
	byPrefix(hex: string): ImageRecord | undefined;
	children(id: Digest): readonly ImageRecord[];
	/**
	 * Writes one record; names that it takes over are taken from the images that had them, in one transaction. The
	 * record of an image that is new outlives a power failure.
	 */
	put(record: ImageRecord): void;
	delete(id: Digest): void;
	/**
	 * True while an image needs the blob, or the layer. They are counted apart: the chainId of a bottom layer is the
	 * digest of its uncompressed blob, and one may be needed without the other.
	 */
	needsBlob(digest: Digest): boolean;
	needsLayer(chainId: Digest): boolean;
}

export function openRecords(metadata: Metadata): ImageRecords {
	const documents = metadata.documents<ImageRecord>("images", parseRecord);
	const byId = new Map<string, ImageRecord>();
	const byName = new Map<string, ImageRecord>();
	const blobs = new Counts();
	const layers = new Counts();

	const forget = (record: ImageRecord) => {
		byId.delete(record.id);
		for (const name of namesOf(record)) if (byName.get(name)?.id === record.id) byName.delete(name);
		for (const digest of blobsOf(record)) blobs.add(digest, -1);
		for (const chainId of layersOf(record)) layers.add(chainId, -1);
	};
	const remember = (record: ImageRecord) => {
		const before = byId.get(record.id);
		if (before !== undefined) forget(before);
		byId.set(record.id, record);
		for (const name of namesOf(record)) byName.set(name, record);
		for (const digest of blobsOf(record)) blobs.add(digest, 1);
		for (const chainId of layersOf(record)) layers.add(chainId, 1);
	};
	for (const { value } of documents.entries()) remember(value);

	return {
		all: () => [...byId.values()],
		byId: (id) => byId.get(id),
		byName: (name) => byName.get(name),
		byPrefix(hex) {
			if (hex === "") return undefined;
			let found: ImageRecord | undefined;
			for (const record of byId.values()) {
				if (!record.id.startsWith(`sha256:${hex}`)) continue;
				if (found !== undefined) return undefined;
				found = record;
			}
			return found;
		},
		children: (id) => [...byId.values()].filter(({ parent }) => parent === id),
		put(record) {
			const robbed = new Map<string, ImageRecord>();
			for (const name of namesOf(record)) {
				const owner = byName.get(name);
				if (owner === undefined || owner.id === record.id) continue;
				robbed.set(owner.id, withoutName(robbed.get(owner.id) ?? owner, name));
			}
			const changed = [...robbed.values(), record];
			metadata.transaction(
				() => {
					for (const one of changed) documents.put(one.id, one);
				},
				{ durable: !byId.has(record.id) },
			);
			for (const one of changed) remember(one);
		},
		delete(id) {
			documents.delete(id);
			const record = byId.get(id);
			if (record !== undefined) forget(record);
		},
		needsBlob: (digest) => blobs.has(digest),
		needsLayer: (chainId) => layers.has(chainId),
	};
}

export function namesOf({ tags, repoDigests }: ImageRecord): readonly string[] {
	return [...tags, ...repoDigests];
}

export function withoutName(record: ImageRecord, name: string): ImageRecord {
	return {
		...record,
		tags: record.tags.filter((tag) => tag !== name),
		repoDigests: record.repoDigests.filter((digest) => digest !== name),
	};
}

/** Blobs that must stay while the image is there, each once. */
export function blobsOf({ id, manifestDigest, manifest, kept }: ImageContent): ReadonlySet<Digest> {
	return new Set([id, manifestDigest, ...manifest.layers.map(({ digest }) => digest), ...keptBlobs(kept)]);
}

function keptBlobs(kept: KeptContent | undefined): readonly Digest[] {
	if (kept === undefined) return [];
	const { index, referrers } = kept;
	return [...(index?.blobs ?? []), ...referrers.flatMap(({ blobs }) => blobs)];
}

/** chainIds of the layers that must stay while the image is there, bottom first. */
export function layersOf({ config }: ImageRecord): readonly Digest[] {
	return chainIds(config.rootfs.diff_ids);
}

class Counts {
	readonly #counts = new Map<Digest, number>();

	add(id: Digest, change: 1 | -1): void {
		const count = (this.#counts.get(id) ?? 0) + change;
		if (count === 0) this.#counts.delete(id);
		else this.#counts.set(id, count);
	}

	has(id: Digest): boolean {
		return this.#counts.has(id);
	}
}

/** Rows were written by this program; what is checked is what an older or a damaged row could have wrong. */
function parseRecord(value: unknown): ImageRecord {
	const record = value as ImageRecord;
	const { id, manifestDigest, manifest, config, tags, repoDigests } = record;
	if (!isDigest(id) || !isDigest(manifestDigest)) throw new Error("no digests of config and manifest");
	if (manifest?.config?.digest !== id || !Array.isArray(manifest.layers)) throw new Error("no manifest");
	if (!manifest.layers.every(({ digest }) => isDigest(digest))) throw new Error("no digests of layers");
	if (!Array.isArray(config?.rootfs?.diff_ids) || !config.rootfs.diff_ids.every(isDigest))
		throw new Error("no config");
	for (const names of [tags, repoDigests])
		if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
			throw new Error("no names");
	if (!isKept(record.kept)) throw new Error("no list of what came with it");
	return { ...record, parent: record.parent };
}

function isKept(kept: KeptContent | undefined): boolean {
	if (kept === undefined) return true;
	const isWhole = ({ descriptor, blobs }: KeptManifest) =>
		isDigest(descriptor?.digest) && Array.isArray(blobs) && blobs.every(isDigest);
	if (!Array.isArray(kept.referrers) || !kept.referrers.every(isWhole)) return false;
	return kept.index === undefined || isWhole(kept.index);
}
