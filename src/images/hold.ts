import { isEngineError } from "../lib/index.ts";
import type { Digest } from "../oci/index.ts";
import type { Lease } from "../store/index.ts";
import type { ImagesContext } from "./context.ts";

/**
 * Runs an operation that brings content. What it holds is safe from collection while it runs; when it ends, well or
 * not, what no image came to need is removed.
 *
 * After a kill no lease is left, and the next start collects what no image needs.
 */
export async function holding<T>(context: ImagesContext, body: (lease: Lease) => Promise<T>): Promise<T> {
	const held = new Set<string>();
	const lease = context.leases.create();
	const tracking: Lease = {
		hold: (id) => {
			lease.hold(id);
			held.add(id);
		},
		[Symbol.dispose]: () => lease[Symbol.dispose](),
	};
	try {
		return await body(tracking);
	} finally {
		lease[Symbol.dispose]();
		// Held in the order bottom to top: layers go from the top.
		await release(context, [...held].reverse());
	}
}

export interface Released {
	/** Layers removed, as they went. */
	readonly layers: readonly Digest[];
	readonly bytes: number;
}

/** Removes those blobs and layers that no image, lease or container needs. Layers in the order given. */
export async function release(context: ImagesContext, ids: readonly string[]): Promise<Released> {
	const layers: Digest[] = [];
	let bytes = 0;
	for (const id of ids as readonly Digest[]) {
		bytes += removeBlob(context, id);
		const freed = await removeLayer(context, id);
		if (freed === undefined) continue;
		layers.push(id);
		bytes += freed;
	}
	return { layers, bytes };
}

function removeBlob(context: ImagesContext, digest: Digest): number {
	if (context.records.needsBlob(digest) || context.leases.held().has(digest)) return 0;
	const size = context.content.size(digest);
	if (size === undefined) return 0;
	context.content.remove(digest);
	return size;
}

/** Bytes freed; `undefined` when there is no such layer or something needs it. */
async function removeLayer(context: ImagesContext, chainId: Digest): Promise<number | undefined> {
	const { snapshots, layerLocks, records, leases } = context;
	const isRemovable = () =>
		snapshots.hasLayer(chainId) && !records.needsLayer(chainId) && !leases.held().has(chainId);
	if (!isRemovable()) return undefined;
	using _lock = await layerLocks.acquire(chainId);
	// Somebody may have come to need it while we waited.
	if (!isRemovable()) return undefined;
	const { bytes } = snapshots.layerUsage(chainId);
	try {
		await snapshots.removeLayer(chainId);
		return bytes;
	} catch (error) {
		// A container or another layer stands on it.
		if (isEngineError(error, "conflict")) return undefined;
		throw error;
	}
}
