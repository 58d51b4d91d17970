import { digestOf } from "./digest.ts";
import type { Digest } from "./image-spec.ts";

/**
 * The chainId after each layer, bottom first.
 * https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
 */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
	const chain: Digest[] = [];
	for (const diffId of diffIds) {
		const parent = chain.at(-1);
		chain.push(parent === undefined ? diffId : digestOf(`${parent} ${diffId}`));
	}
	return chain;
}

/** The chainId of the whole stack; `undefined` when there is no layer. */
export function chainId(diffIds: readonly Digest[]): Digest | undefined {
	return chainIds(diffIds).at(-1);
}
