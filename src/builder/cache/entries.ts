import { type Images, layersOf } from "../../images/index.ts";
import type { CacheEntry } from "../contract.ts";
import type { Cache } from "./cache.ts";
import type { CacheMounts } from "./mounts.ts";

/** Steps and cache mounts as users see them. `shared`: an image has the layer too, and removing frees nothing. */
export async function cacheEntries(
	{ cache, mounts, images }: { readonly cache: Cache; readonly mounts: CacheMounts; readonly images: Images },
	isInUse: (key: string) => boolean,
): Promise<CacheEntry[]> {
	const imageLayers = new Set<string>(images.list().flatMap((image) => [...layersOf(image)]));
	const steps = cache.all().map((record): CacheEntry => {
		const { key, description, layer, createdAt, lastUsedAt, useCount, parent } = record;
		return {
			id: shortened(key),
			kind: "step",
			description,
			sizeBytes: layer?.unpackedBytes ?? 0,
			...{ createdAt, lastUsedAt, useCount },
			inUse: isInUse(key),
			shared: layer !== undefined && imageLayers.has(layer.chainId),
			parents: parent === undefined ? [] : [shortened(parent)],
		};
	});
	const folders = mounts.all();
	const sizes = await mounts.sizes(folders.map(({ name }) => name));
	return [
		...steps,
		...folders.map(
			({ name, id, createdAt, lastUsedAt, useCount, isInUse: inUse }, index): CacheEntry => ({
				id: name,
				kind: "mount",
				description: `cache mount ${id}`,
				sizeBytes: sizes[index]!,
				...{ createdAt, lastUsedAt, useCount, inUse },
				shared: false,
				parents: [],
			}),
		),
	];
}

/** What stands for a key in lists, as long as Docker's. */
export function shortened(key: string): string {
	return key.slice("sha256:".length, "sha256:".length + 25);
}
