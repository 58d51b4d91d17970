import type { Digest } from "../../oci/index.ts";
import type { BuildEvents } from "../contract.ts";
import type { PlatformGraphs } from "../graph/plan-platforms.ts";
import { closeTrees } from "../solve/close-trees.ts";
import type { SolveContext, SolvedStep } from "../solve/context.ts";
import { solve } from "../solve/solver.ts";
import { LayerLost } from "./imports.ts";
import { materialize } from "./materialize.ts";

/**
 * Solves a plan whose steps may come from imported caches. They are fetched when somebody reads them; one that cannot
 * be had then is forgotten, and the plan is solved again: what is there stays there. Each turn forgets something, so
 * there is an end. Errors: as `solve`.
 */
export async function solveWithImports(
	context: SolveContext,
	{ steps, graphs }: PlatformGraphs,
	signal: AbortSignal,
): Promise<ReadonlyMap<Digest, SolvedStep>> {
	const told = { ...context, events: withoutRepeats(context.events) };
	for (;;) {
		try {
			const results = await solve(told, steps, signal);
			for (const { result } of graphs) await materialize(context, results.get(result)!, signal);
			return results;
		} catch (error) {
			if (!(error instanceof LayerLost)) throw error;
			await closeTrees(context);
			context.imports.forget(error.diffIds);
			for (const [key, { record, isImported }] of context.used)
				if (isImported && record.layer !== undefined && error.diffIds.includes(record.layer.diffId))
					context.used.delete(key);
			if (error.cause !== undefined) warn(context.events, error);
		}
	}
}

function warn(events: BuildEvents, { cause }: LayerLost): void {
	const problem = cause instanceof Error ? cause.message : String(cause);
	events({
		kind: "warning",
		rule: "CacheImport",
		message: `a cached layer is not used, its step is done anew: ${problem}`,
		url: "",
		line: 0,
	});
}

/** A step that is looked at again begins and ends once for who watches. */
function withoutRepeats(events: BuildEvents): BuildEvents {
	const started = new Set<Digest>();
	const completed = new Set<Digest>();
	return (event) => {
		if (event.kind === "started") {
			if (started.has(event.vertex)) return;
			started.add(event.vertex);
		}
		if (event.kind === "completed") {
			if (completed.has(event.vertex)) return;
			completed.add(event.vertex);
		}
		events(event);
	};
}
