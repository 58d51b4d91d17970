import { blobsOf, type Images, layersOf } from "../../images/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { ContentStore, SnapshotDriver } from "../../store/index.ts";
import type { CacheEntry } from "../contract.ts";
import type { Cache } from "./cache.ts";
import type { CacheMounts } from "./mounts.ts";
import type { CachedLayer } from "./record.ts";

export interface EntriesFrom {
	readonly cache: Cache;
	readonly mounts: CacheMounts;
	readonly images: Images;
	isInUse(key: string): boolean;
}

/** What parts of a step's result take. */
export interface PartSizes {
	layer(layer: CachedLayer): number;
	blob(layer: CachedLayer): number;
}

/** As du(1) counts them. Looks at all layers and blobs. */
export async function measuredSizes(snapshots: SnapshotDriver, content: ContentStore): Promise<PartSizes> {
	const [{ layers }, { blobs }] = await Promise.all([snapshots.diskUsage(), content.diskUsage()]);
	return {
		layer: ({ chainId }) => layers.get(chainId)?.bytes ?? 0,
		blob: ({ digest }) => blobs.get(digest) ?? 0,
	};
}

/** As records have them: nothing is looked at. */
export const recordedSizes: PartSizes = {
	layer: ({ unpackedBytes }) => unpackedBytes,
	blob: ({ size }) => size,
};

/**
 * Steps and cache mounts as users see them. Of a step the parts count that go with it: its layer and its blob, where no
 * image has them, each for one entry. `shared`: none does, and removing frees nothing.
 */
export async function cacheEntries(
	{ cache, mounts, images, isInUse }: EntriesFrom,
	sizes: PartSizes,
): Promise<CacheEntry[]> {
	const list = images.list();
	const held = {
		layers: new Set<Digest>(list.flatMap((image) => [...layersOf(image)])),
		blobs: new Set<Digest>(list.flatMap((image) => [...blobsOf(image)])),
	};
	const steps = cache.all().map((record): CacheEntry => {
		const { key, description, layer, createdAt, lastUsedAt, useCount, parent } = record;
		const isOwn = layer !== undefined && !(held.layers.has(layer.chainId) && held.blobs.has(layer.digest));
		return {
			id: shortened(key),
			kind: "step",
			description,
			sizeBytes: layer === undefined ? 0 : sizeOf(layer, { sizes, held, isOwn }),
			...{ createdAt, lastUsedAt, useCount },
			inUse: isInUse(key),
			shared: layer !== undefined && !isOwn,
			parents: parent === undefined ? [] : [shortened(parent)],
		};
	});
	const folders = mounts.all();
	const bytes = await mounts.sizes(folders.map(({ name }) => name));
	return [
		...steps,
		...folders.map(
			({ name, id, createdAt, lastUsedAt, useCount, isInUse: inUse }, index): CacheEntry => ({
				id: name,
				kind: "mount",
				description: `cache mount ${id}`,
				sizeBytes: bytes[index]!,
				...{ createdAt, lastUsedAt, useCount, inUse },
				shared: false,
				parents: [],
			}),
		),
	];
}

interface Held {
	readonly layers: Set<Digest>;
	readonly blobs: Set<Digest>;
}

/** What was counted once is from then on somebody's. */
function sizeOf(
	layer: CachedLayer,
	{ sizes, held, isOwn }: { readonly sizes: PartSizes; readonly held: Held; readonly isOwn: boolean },
): number {
	if (!isOwn) return sizes.layer(layer) + sizes.blob(layer);
	const bytes =
		(held.layers.has(layer.chainId) ? 0 : sizes.layer(layer)) +
		(held.blobs.has(layer.digest) ? 0 : sizes.blob(layer));
	held.layers.add(layer.chainId);
	held.blobs.add(layer.digest);
	return bytes;
}

/** What stands for a key in lists, as long as Docker's. */
export function shortened(key: string): string {
	return key.slice("sha256:".length, "sha256:".length + 25);
}
