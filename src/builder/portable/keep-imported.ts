import type { SolveContext } from "../solve/context.ts";

/**
 * What a build took from caches of elsewhere becomes the engine's own where its layer is here by now. What was only
 * known by its digest is not kept: later builds do it, or are told of it again.
 */
export function keepImported({ cache, content, snapshots, used }: SolveContext): void {
	for (const { record, isImported } of used.values()) {
		if (!isImported || cache.find(record.key) !== undefined) continue;
		const { layer } = record;
		if (layer !== undefined && !(content.has(layer.digest) && snapshots.hasLayer(layer.chainId))) continue;
		const { key, description, parts, parent, createdAt } = record;
		cache.adopt({
			...{ key, description, parts, createdAt },
			...(parent === undefined ? {} : { parent }),
			...(layer === undefined ? {} : { layer }),
		});
	}
}
