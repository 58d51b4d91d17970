import type { LayerOfImage } from "../../images/index.ts";
import { chainId, type ImageConfigFile } from "../../oci/index.ts";
import type { Graph } from "../graph/graph.ts";
import type { SolveContext, SolvedStep } from "../solve/context.ts";
import { withLatestTime } from "../steps/latest-time.ts";

/** All that was built on the base as one layer; the history tells of the steps, which have none of their own. */
export async function squashed(
	{ archive, snapshots, content, lease, latestTime }: SolveContext,
	{
		graph,
		result,
		config,
		signal,
	}: {
		readonly graph: Graph;
		readonly result: SolvedStep;
		readonly config: ImageConfigFile;
		readonly signal: AbortSignal;
	},
): Promise<{ readonly config: ImageConfigFile; readonly layers: readonly LayerOfImage[] }> {
	const inherited = graph.history.filter(
		(entry) => entry.inherited !== undefined && !entry.inherited.isEmpty,
	).length;
	const below = result.layers.slice(0, inherited);
	if (result.layers.length - below.length < 2 || result.chainId === undefined)
		return { config, layers: result.layers };
	const parent = chainId(below.map(({ diffId }) => diffId));
	const packed = archive.packChanges(
		{
			tree: { kind: "mounts", mounts: snapshots.layerMounts(result.chainId) },
			parent: parent === undefined ? undefined : { kind: "mounts", mounts: snapshots.layerMounts(parent) },
		},
		signal,
	);
	const tar = latestTime === undefined ? packed : withLatestTime(packed, latestTime);
	const { digest, size } = await content.write(tar, {}, { lease, signal });
	const layers = [...below, { diffId: digest, digest, size }];
	const merge = { created: config.created!, created_by: "" };
	const history = (config.history ?? []).map((entry, index) =>
		graph.history[index]?.inherited === undefined ? { ...entry, empty_layer: true } : entry,
	);
	return {
		config: {
			...config,
			rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
			history: [...history, { ...merge, comment: "squashed" }],
		},
		layers,
	};
}
