import { type Digest, digestOf } from "../../oci/index.ts";
import type { Lease } from "../../store/index.ts";
import type { CachedLayer } from "../cache/record.ts";
import type { Step } from "../graph/graph.ts";
import type { PortableStep } from "../portable/document.ts";
import type { CacheKey } from "./cache-key.ts";
import type { PortableRecord, SolveContext, SolvedStep, UsedResult } from "./context.ts";

/** The result of a key: the engine's own, one of an imported cache, or of a RUN what an image's history says. */
export function findResult(
	{ cache, imports, histories }: SolveContext,
	{ definition, operation, name }: Step,
	{
		key,
		below,
		parts,
	}: { readonly key: Digest; readonly below: SolvedStep; readonly parts?: CacheKey["parts"] },
): UsedResult | undefined {
	const own = cache.find(key);
	if (own !== undefined) return { record: own, isImported: false };
	const foreign = imports.find(key);
	if (foreign !== undefined) return { record: recordOf(foreign, below), isImported: true };
	const history = operation.kind === "run" ? histories.get(definition) : undefined;
	if (history === undefined || history.below !== below.chainId) return undefined;
	const { layer, createdAt } = history;
	const description = name.replace(/^\[[^\]]*\] /, "");
	return {
		record: {
			...{ key, description, parts: parts ?? {}, createdAt },
			...(layer === undefined ? {} : { layer }),
			...(below.key === undefined ? {} : { parent: below.key }),
		},
		isImported: true,
	};
}

/**
 * Takes a result on what the step stands on now: with `--link` that may be something else than when it was made. Its
 * tree need not be there yet; who reads it has it made (`materialize`).
 */
export function takeResult(
	context: SolveContext,
	step: Step,
	{ prepared, below }: { readonly prepared: { readonly cacheKey: CacheKey }; readonly below: SolvedStep },
): SolvedStep | undefined {
	const { cache, used, lease } = context;
	const { key, parts } = prepared.cacheKey;
	const found = findResult(context, step, { key, parts, below });
	if (found === undefined) return undefined;
	used.set(key, found);
	if (!found.isImported) cache.noteUse(key);
	const { layer, createdAt } = found.record;
	if (layer === undefined) return { ...below, layer: undefined, key, createdAt };
	const { diffId, digest, size } = layer;
	const chainId = chainOn(below, diffId);
	const solved = {
		layers: [...below.layers, { diffId, digest, size }],
		chainId,
		layer: { ...layer, chainId },
		...{ key, createdAt },
	};
	hold(lease, solved);
	return solved;
}

/** Layers of elsewhere become blobs as they are packed here: not compressed. */
function recordOf({ layer, ...step }: PortableStep, below: SolvedStep): PortableRecord {
	if (layer === undefined) return step;
	const { diffId, size, unpackedBytes } = layer;
	const found: CachedLayer = { diffId, digest: diffId, size, chainId: chainOn(below, diffId), unpackedBytes };
	return { ...step, layer: found };
}

function chainOn({ chainId }: SolvedStep, diffId: Digest): Digest {
	return chainId === undefined ? diffId : digestOf(`${chainId} ${diffId}`);
}

export function hold(lease: Lease, { layers, chainId }: SolvedStep): void {
	for (const { digest } of layers) lease.hold(digest);
	if (chainId !== undefined) lease.hold(chainId);
}
