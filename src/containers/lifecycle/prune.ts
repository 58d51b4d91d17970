import type { ContainerPruneResponse } from "../../api/index.ts";
import { type FilterValues, matchesLabels, parseUntil } from "../../api/syntax.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { parseNanos } from "../timestamp.ts";
import { removeContainer } from "./remove.ts";

/** Removes all containers that do not run. FilterValues: `label`, `label!`, `until`. */
export async function pruneContainers(
	context: Context,
	filters: FilterValues,
): Promise<ContainerPruneResponse> {
	for (const key of filters.keys()) {
		if (!["label", "label!", "until"].includes(key))
			throw new EngineError("invalid_argument", `invalid filter '${key}'`);
	}
	const until = parseUntil(filters.get("until"));
	const deleted: string[] = [];
	let reclaimed = 0;
	for (const container of [...context.registry.all()]) {
		const { state, config, createdAt } = container.record;
		if (state.status !== "created" && state.status !== "exited" && state.status !== "dead") continue;
		if (until !== undefined && parseNanos(createdAt) > until) continue;
		if (!matchesLabels(config.Labels ?? {}, filters)) continue;
		const { bytes } = await context.snapshots.usage(container.id);
		try {
			await removeContainer(context, container.id, { force: false, volumes: false, link: false });
		} catch (error) {
			// Started, or removed by another request, since it was listed.
			if (isEngineError(error, "conflict") || isEngineError(error, "not_found")) continue;
			throw error;
		}
		deleted.push(container.id);
		reclaimed += bytes;
	}
	return { ContainersDeleted: deleted, SpaceReclaimed: reclaimed };
}
