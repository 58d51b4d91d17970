import type { Digest } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import { release } from "./hold.ts";

/** Removes every blob and layer that no image, container or lease needs. Bytes freed. */
export async function collectGarbage(context: ImagesContext): Promise<number> {
	const blobs = [...context.content.list()].map(({ digest }) => digest);
	const { bytes } = await release(context, [...layersFromTheTop(context), ...blobs]);
	return bytes;
}

/** Removes a stack of layers from this one down to the first that something needs. */
export async function releaseStack(context: ImagesContext, top: Digest): Promise<void> {
	if (context.records.needsLayer(top)) return;
	const parents = new Map<Digest, Digest | undefined>();
	for (const { chainId, parent } of context.snapshots.layers()) parents.set(chainId, parent);
	const stack: Digest[] = [];
	for (let at: Digest | undefined = top; at !== undefined; at = parents.get(at)) stack.push(at);
	await release(context, stack);
}

/** Each layer before its parent. */
function layersFromTheTop({ snapshots }: ImagesContext): Digest[] {
	const parents = new Map<Digest, Digest | undefined>();
	for (const { chainId, parent } of snapshots.layers()) parents.set(chainId, parent);
	const depths = new Map<Digest, number>();
	const depthOf = (id: Digest): number => {
		const path: Digest[] = [];
		let at: Digest | undefined = id;
		while (at !== undefined && !depths.has(at)) {
			path.push(at);
			at = parents.get(at);
		}
		let depth = at === undefined ? -1 : depths.get(at)!;
		for (const below of path.reverse()) depths.set(below, ++depth);
		return depths.get(id)!;
	};
	return [...parents.keys()].sort((one, other) => depthOf(other) - depthOf(one));
}
