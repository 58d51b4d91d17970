import { isEngineError } from "../../lib/index.ts";
import type { CacheStore, CacheTargetOptions } from "../contract.ts";
import type { Step } from "../graph/graph.ts";
import type { SolveContext } from "../solve/context.ts";
import type { PortableMount } from "./document.ts";
import { compressed, layerType } from "./pack-blob.ts";

/**
 * Puts the cache mounts that RUNs of a build name into a store. One that another build is using is left out with a
 * warning: it would be half of something.
 */
export async function packMounts(
	context: SolveContext,
	{ steps }: { readonly steps: readonly Step[] },
	to: {
		readonly store: CacheStore;
		readonly target: { readonly options: CacheTargetOptions };
		readonly signal: AbortSignal;
	},
): Promise<PortableMount[]> {
	const ids = steps.flatMap(({ operation }) =>
		operation.kind === "run"
			? operation.mounts.flatMap((mount) => (mount.type === "cache" ? mount.id : []))
			: [],
	);
	const packed: PortableMount[] = [];
	for (const id of new Set(ids)) {
		try {
			packed.push(await packMount(context, id, to));
		} catch (error) {
			if (isEngineError(error, "not_found")) continue;
			if (!isEngineError(error, "conflict")) throw error;
			const message = `${error.message}: it is not exported`;
			context.events({ kind: "warning", rule: "CacheExport", message, url: "", line: 0 });
		}
	}
	return packed;
}

async function packMount(
	context: SolveContext,
	id: string,
	{ store, target: { options }, signal }: Parameters<typeof packMounts>[2],
): Promise<PortableMount> {
	const { archive, cacheMounts, content, lease } = context;
	const { name } = cacheMounts.get(id);
	const tar = await (async () => {
		using held = await cacheMounts.holdStill(name, signal);
		const tree = archive.exportTree({ kind: "directory", path: held.folder }, signal);
		return await content.write(tree, {}, { lease, signal });
	})();
	const { digest, size } = await compressed(context, tar.digest, { options, signal });
	const blob = { mediaType: layerType(options), digest, size };
	if (!(await store.has(blob))) await store.write(blob, (range) => content.stream(digest, range));
	return { id, blob, diffId: tar.digest, size: tar.size };
}
