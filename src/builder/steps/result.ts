import type { LayerOfImage } from "../../images/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { CachedLayer } from "../cache/record.ts";

/** A tree that a step came to. */
export interface StepResult {
	/** Of the whole tree, bottom first. */
	readonly layers: readonly LayerOfImage[];
	/** Of all of them; `undefined`: the tree is empty. */
	readonly chainId: Digest | undefined;
	/** The one that this step added; `undefined`: it changed nothing. */
	readonly layer: CachedLayer | undefined;
}

export const emptyTree: StepResult = { layers: [], chainId: undefined, layer: undefined };
