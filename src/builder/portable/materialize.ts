import { isEngineError } from "../../lib/index.ts";
import type { SolveContext } from "../solve/context.ts";
import type { StepResult } from "../steps/result.ts";
import { LayerLost } from "./imports.ts";

/**
 * Makes a tree that is so far only known: a step that comes from an imported cache is not fetched before somebody
 * reads it. Errors: {@link LayerLost}; `cancelled`.
 */
export async function materialize(
	{ content, snapshots, images, imports, lease }: SolveContext,
	{ chainId, layers }: StepResult,
	signal: AbortSignal,
): Promise<void> {
	if (chainId === undefined) return;
	lease.hold(chainId);
	const fetched = layers.filter(({ digest }) => !content.has(digest));
	if (fetched.length === 0 && snapshots.hasLayer(chainId)) return;
	const gone = fetched.filter(({ diffId, digest }) => diffId !== digest).map(({ diffId }) => diffId);
	if (gone.length > 0) throw new LayerLost(gone, new Error("its blob is gone"));
	await Promise.all(fetched.map((layer) => imports.fetch(layer, { content, lease, signal })));
	try {
		await images.unpack(layers, { lease, signal });
	} catch (error) {
		signal.throwIfAborted();
		if (fetched.length === 0 || !isEngineError(error, "corrupt")) throw error;
		throw new LayerLost(
			fetched.map(({ diffId }) => diffId),
			error,
		);
	}
}
