import type { VariantToCompose } from "../../images/index.ts";
import type { Digest, ImageConfigFile } from "../../oci/index.ts";
import { digestOfJson } from "../graph/definition.ts";
import type { Graph } from "../graph/graph.ts";
import { withInline } from "../portable/inline.ts";
import { portableSteps } from "../portable/portable-steps.ts";
import type { SolveContext, SolvedStep } from "../solve/context.ts";
import { imageConfig } from "./image-config.ts";
import { squashed } from "./squash.ts";

export interface Exporting {
	/** One for each platform. */
	readonly graphs: readonly Graph[];
	readonly results: ReadonlyMap<Digest, SolvedStep>;
	readonly signal: AbortSignal;
}

/** What an image of one platform is made of. Its layers are held by the build's lease. */
export async function variantOf(
	context: SolveContext,
	graph: Graph,
	{ results, signal }: Exporting,
): Promise<VariantToCompose> {
	const { request, lease } = context;
	const result = results.get(graph.result)!;
	const config = resultConfig(context, graph, results);
	const flat = request.squash
		? await squashed(context, { graph, result, config, signal })
		: { config, layers: result.layers };
	for (const { digest } of flat.layers) lease.hold(digest);
	const hasCache = request.cacheTo.some(({ type }) => type === "inline");
	const { steps } = graph;
	const kept = hasCache ? withInline(flat.config, portableSteps(context, { steps, results })) : flat.config;
	return { ...flat, config: kept, annotations: request.annotations };
}

/** The configuration of what was built. */
export function resultConfig(
	context: SolveContext,
	graph: Graph,
	results: Exporting["results"],
): ImageConfigFile {
	const { latestTime } = context;
	const planned = imageConfig(graph, results, { now: new Date(0).toISOString(), latestTime });
	return firstMade(context, planned, { graph, results });
}

/**
 * A build that comes from the cache alone gives the image of before, also when its last instructions made no layer:
 * when such an image was made first is kept with the cache.
 */
function firstMade(
	{ cache, imports, used, latestTime }: SolveContext,
	config: ImageConfigFile,
	{ graph, results }: { readonly graph: Graph; readonly results: Exporting["results"] },
): ImageConfigFile {
	if (latestTime !== undefined) return config;
	const key = digestOfJson({ image: config });
	const own = cache.find(key);
	const foreign = own === undefined ? imports.find(key) : undefined;
	const record = own ?? foreign ?? cache.put({ key, description: "image configuration", parts: {} });
	used.set(key, { record: { ...record, layer: undefined }, isImported: foreign !== undefined });
	cache.noteUse(key);
	return imageConfig(graph, results, { now: record.createdAt, latestTime });
}
