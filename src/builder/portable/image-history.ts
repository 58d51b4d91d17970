import type { ImageRecord } from "../../images/index.ts";
import { chainIds, type Digest } from "../../oci/index.ts";
import type { SnapshotDriver } from "../../store/index.ts";
import type { CachedLayer } from "../cache/record.ts";
import type { Graph } from "../graph/graph.ts";

/** What an image says that a RUN came to, and on what. */
export interface HistoryResult {
	/** ChainId of what the step stood on; `undefined`: nothing. */
	readonly below: Digest | undefined;
	/** `undefined`: it changed nothing. */
	readonly layer: CachedLayer | undefined;
	readonly createdAt: string;
}

/**
 * Takes an image for a cache of RUNs, as the classic builder does with `--cache-from`: for as long as its history and
 * the plan say the same, its layers are what the steps came to. What a step stands on is told by the layers
 * themselves, so that only instructions without one are compared by their words. By definition of the step.
 */
export function historyResults(
	{ history }: Graph,
	image: ImageRecord,
	snapshots: Pick<SnapshotDriver, "layerUsage" | "hasLayer">,
): ReadonlyMap<Digest, HistoryResult> {
	const found = new Map<Digest, HistoryResult>();
	const diffIds = image.config.rootfs.diff_ids;
	const chain = chainIds(diffIds);
	const entries = image.config.history ?? [];
	let layers = 0;
	for (const [index, { createdBy, step }] of history.entries()) {
		const entry = entries[index];
		if (entry === undefined) break;
		const isEmpty = entry.empty_layer ?? false;
		const isSame = wordsOf(entry.created_by ?? "") === wordsOf(createdBy);
		if (isEmpty && !isSame) break;
		if (step !== undefined && isSame && entry.created !== undefined && isTime(entry.created)) {
			const below = chain[layers - 1];
			const layer = isEmpty ? undefined : layerOf(image, layers, { chain, snapshots });
			if (isEmpty || layer !== undefined)
				found.set(step, { below, layer, createdAt: new Date(entry.created).toISOString() });
		}
		if (!isEmpty) layers++;
	}
	return found;
}

function layerOf(
	{ manifest, config }: ImageRecord,
	index: number,
	{
		chain,
		snapshots,
	}: {
		readonly chain: readonly Digest[];
		readonly snapshots: Pick<SnapshotDriver, "layerUsage" | "hasLayer">;
	},
): CachedLayer | undefined {
	const blob = manifest.layers[index];
	const diffId = config.rootfs.diff_ids[index];
	const chainId = chain[index];
	if (blob === undefined || diffId === undefined || chainId === undefined) return undefined;
	if (!snapshots.hasLayer(chainId)) return undefined;
	const { bytes } = snapshots.layerUsage(chainId);
	return { diffId, digest: blob.digest, size: blob.size, chainId, unpackedBytes: bytes };
}

/** The classic builder's words and BuildKit's for one instruction. */
function wordsOf(createdBy: string): string {
	return createdBy
		.replace(/^\/bin\/sh -c #\(nop\)\s+/, "")
		.replace(/^RUN (?=\/bin\/sh -c |\|\d+ )/, "")
		.replace(/\s*# buildkit$/, "")
		.replace(/\s+/g, " ")
		.trim();
}

function isTime(text: string): boolean {
	return !Number.isNaN(Date.parse(text));
}
