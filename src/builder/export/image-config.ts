import type { HistoryEntry, ImageConfigFile, ImageRunConfig } from "../../oci/index.ts";
import type { Graph } from "../graph/graph.ts";
import type { SolvedStep } from "../solve/context.ts";

/**
 * An image's configuration from its graph and what its steps came to. Times are those of the layers, so that what
 * comes from the cache alone is the same image again; `now` is for what has no layer of this build. With a latest
 * time (`SOURCE_DATE_EPOCH`) all are that.
 */
export function imageConfig(
	graph: Graph,
	results: ReadonlyMap<string, SolvedStep>,
	times: { readonly now: string; readonly latestTime: number | undefined },
): ImageConfigFile {
	const { latestTime, now } = times;
	const fixed =
		latestTime === undefined ? undefined : new Date(latestTime * 1000).toISOString().replace(".000Z", "Z");
	let last = fixed ?? now;
	let seen: string | undefined;
	const history = graph.history.map(({ createdBy, step, inherited }): HistoryEntry => {
		if (inherited !== undefined) {
			const { created, comment, isEmpty } = inherited;
			return {
				...(created === undefined ? {} : { created }),
				created_by: createdBy,
				...(comment === undefined ? {} : { comment }),
				...(isEmpty ? { empty_layer: true } : {}),
			};
		}
		const result = step === undefined ? undefined : results.get(step);
		if (fixed === undefined && result?.createdAt !== undefined) {
			last = result.createdAt;
			seen = last;
		}
		const isEmpty = result?.layer === undefined;
		return {
			created: last,
			created_by: createdBy,
			comment: "hull",
			...(isEmpty ? { empty_layer: true } : {}),
		};
	});
	const { architecture, os, variant } = graph.platform;
	return {
		created: fixed ?? seen ?? now,
		...(graph.author === "" ? {} : { author: graph.author }),
		architecture,
		os,
		...(variant === undefined ? {} : { variant }),
		config: inOrder(graph.config),
		rootfs: { type: "layers", diff_ids: results.get(graph.result)!.layers.map(({ diffId }) => diffId) },
		history,
	};
}

/** Labels by name, as Docker writes them: Compose gives them in another order each time. */
function inOrder(config: ImageRunConfig): ImageRunConfig {
	if (config.Labels === undefined || config.Labels === null) return config;
	const labels = Object.entries(config.Labels).sort(([one], [other]) => (one < other ? -1 : 1));
	return { ...config, Labels: Object.fromEntries(labels) };
}
