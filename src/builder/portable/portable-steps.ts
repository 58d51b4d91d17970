import type { Digest } from "../../oci/index.ts";
import type { Step } from "../graph/graph.ts";
import type { SolveContext, SolvedStep } from "../solve/context.ts";
import { treeCopy } from "../solve/prepare-step.ts";
import type { CacheDocument, PortableStep } from "./document.ts";

/**
 * All that a build came to, in the order of its plan, so that the same build says the same. Steps of the host's own
 * compression (a layer that came with an image) are told by what they unpack to.
 */
export function portableSteps(
	{ used, copyDigests, imports, content }: SolveContext,
	{
		steps: planned,
		results,
	}: { readonly steps: readonly Step[]; readonly results: ReadonlyMap<Digest, SolvedStep> },
): Pick<CacheDocument, "steps" | "copies"> {
	const order = planned.flatMap(({ definition }) => results.get(definition)?.key ?? []);
	const steps: PortableStep[] = [];
	for (const key of new Set([...order, ...[...used.keys()].sort()])) {
		const record = used.get(key)?.record;
		if (record === undefined) continue;
		const { description, parts, parent, layer, createdAt } = record;
		if (layer !== undefined && layer.digest !== layer.diffId) continue;
		const size = layer === undefined ? 0 : (content.size(layer.digest) ?? layer.size);
		steps.push({
			...{ key, description, parts, createdAt },
			...(parent === undefined ? {} : { parent }),
			...(layer === undefined
				? {}
				: { layer: { diffId: layer.diffId, size, unpackedBytes: layer.unpackedBytes } }),
		});
	}
	const copies = new Map<string, Digest>();
	for (const { operation } of planned) {
		if (operation.kind !== "copy" || operation.from.kind !== "step") continue;
		const memo = treeCopy(operation, results.get(operation.from.step)!);
		const digest = copyDigests.get(memo) ?? imports.copyDigest(memo);
		if (digest !== undefined) copies.set(memo, digest);
	}
	return { steps, copies };
}
