import type { Digest } from "../oci/index.ts";
import type { ImagesContext } from "./context.ts";
import { release } from "./hold.ts";

/** Removes every blob and layer that no image, container or lease needs. Bytes freed. */
export async function collectGarbage(context: ImagesContext): Promise<number> {
	const blobs = [...context.content.list()].map(({ digest }) => digest);
	const { bytes } = await release(context, [...layersFromTheTop(context), ...blobs]);
	return bytes;
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
