import { EngineError } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { isAlive } from "../record/state.ts";
import { removeUnderLock } from "./destroy.ts";
import { killAndWait } from "./signal-run.ts";

/** Removes a container; `force` kills it first. Errors: `conflict` with Docker's texts while it runs. */
export async function removeContainer(
	context: Context,
	reference: string,
	options: { readonly force: boolean; readonly volumes: boolean; readonly link: boolean },
): Promise<void> {
	if (options.link) throw new EngineError("invalid_argument", "links are not supported");
	const container = context.registry.get(reference);
	for (;;) {
		if (options.force) await killAndWait(context, container);
		using _lock = await context.locks.acquire(container.id);
		// Somebody else was quicker: it is gone, as was asked.
		if (context.registry.byId(container.id) === undefined) return;
		// Started again between the kill and the lock.
		if (options.force && isAlive(container.record.state)) continue;
		assertRemovable(container, options.force);
		return await removeUnderLock(context, container, options);
	}
}

function assertRemovable(container: Container, force: boolean): void {
	const { name, state } = container.record;
	switch (state.status) {
		case "created":
		case "exited":
		case "dead":
			return;
		case "paused":
			throw conflict(name, "container is paused and must be unpaused first");
		case "running":
		case "restarting":
			if (force && state.status === "restarting") return;
			throw conflict(
				name,
				`container is ${state.status}: stop the container before removing or force remove`,
			);
		case "removing":
			throw new EngineError("conflict", `removal of container ${name} is already in progress`);
		default:
			state satisfies never;
	}
}

function conflict(name: string, reason: string): EngineError {
	return new EngineError("conflict", `cannot remove container "/${name}": ${reason}`);
}
