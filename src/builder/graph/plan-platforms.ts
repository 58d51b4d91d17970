import { type Digest, formatPlatform, type Platform } from "../../oci/index.ts";
import type { Dockerfile } from "../dockerfile/commands.ts";
import type { Graph, PlanWarning, Step } from "./graph.ts";
import { planGraph } from "./plan.ts";
import type { PlanOptions } from "./planning.ts";

/** What a Dockerfile comes to for all platforms of a build. */
export interface PlatformGraphs {
	/** One for each platform, in their order. */
	readonly graphs: readonly Graph[];
	/** Of all of them, each once: what stages of several platforms have in common is one step. */
	readonly steps: readonly Step[];
	readonly warnings: readonly PlanWarning[];
}

/** Errors: as {@link planGraph}. */
export async function planPlatforms(
	dockerfile: Dockerfile,
	{
		platforms,
		...options
	}: Omit<PlanOptions, "platform" | "isOneOfSeveral"> & { readonly platforms: readonly Platform[] },
): Promise<PlatformGraphs> {
	const distinct = [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()];
	const isOneOfSeveral = distinct.length > 1;
	const graphs: Graph[] = [];
	for (const platform of distinct)
		graphs.push(await planGraph(dockerfile, { ...options, platform, isOneOfSeveral }));
	const steps = new Map<Digest, Step>();
	for (const graph of graphs)
		for (const step of graph.steps) if (!steps.has(step.definition)) steps.set(step.definition, step);
	const warnings = new Map(
		graphs.flatMap((graph) => graph.warnings.map((one) => [JSON.stringify(one), one])),
	);
	return { graphs, steps: [...steps.values()], warnings: [...warnings.values()] };
}
