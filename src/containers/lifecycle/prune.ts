import type { ContainerPruneResponse } from "../../api/index.ts";
import { type FilterValues, matchesLabels, parseNanos, parseUntil } from "../../api/syntax.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { removeContainer } from "./remove.ts";

/** Removes all containers that do not run. FilterValues: `label`, `label!`, `until`. */
export async function pruneContainers(
	context: Context,
	filters: FilterValues,
): Promise<ContainerPruneResponse> {
	const deleted: string[] = [];
	let reclaimed = 0;
	for (const { id } of prunableContainers(context, filters)) {
		const { bytes } = await context.snapshots.usage(id);
		try {
			await removeContainer(context, id, { force: false, volumes: false, link: false });
		} catch (error) {
			// Started, or removed by another request, since it was listed.
			if (isEngineError(error, "conflict") || isEngineError(error, "not_found")) continue;
			throw error;
		}
		deleted.push(id);
		reclaimed += bytes;
	}
	context.events.publish("container", "prune", "", { reclaimed: String(reclaimed) });
	return { ContainersDeleted: deleted, SpaceReclaimed: reclaimed };
}

/** Those that a prune would remove now. */
export function prunableContainers(context: Context, filters: FilterValues): { id: string; name: string }[] {
	for (const key of filters.keys()) {
		if (!["label", "label!", "until"].includes(key))
			throw new EngineError("invalid_argument", `invalid filter '${key}'`);
	}
	const until = parseUntil(filters.get("until"));
	return [...context.registry.all()]
		.filter(({ record: { state, config, createdAt } }) => {
			if (state.status !== "created" && state.status !== "exited" && state.status !== "dead") return false;
			if (until !== undefined && parseNanos(createdAt) > until) return false;
			return matchesLabels(config.Labels ?? {}, filters);
		})
		.map(({ record: { id, name } }) => ({ id, name }));
}
