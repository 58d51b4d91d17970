import { EngineError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { changeState } from "../record/change.ts";

/** Freezes all processes of a container. Errors: `conflict` with Docker's texts. */
export async function pauseContainer(context: Context, reference: string): Promise<void> {
	const container = context.registry.get(reference);
	using _lock = await context.locks.acquire(container.id);
	const { status } = container.record.state;
	if (status === "paused") throw conflict(`container ${container.id} is already paused`);
	if (status === "restarting")
		throw conflict(`container ${container.id} is restarting, wait until the container is running`);
	if (container.run === undefined) throw conflict(`container ${container.id} is not running`);
	await container.run.task.pause();
	changeState(context, container, { kind: "paused" });
	publish(context, container, { action: "pause" });
}

/** Lets them go on. Errors: `conflict` when it is not paused. */
export async function unpauseContainer(context: Context, reference: string): Promise<void> {
	const container = context.registry.get(reference);
	using _lock = await context.locks.acquire(container.id);
	if (container.record.state.status !== "paused" || container.run === undefined)
		throw conflict(`Container ${container.id} is not paused`);
	await container.run.task.resume();
	changeState(context, container, { kind: "unpaused" });
	publish(context, container, { action: "unpause" });
}

function conflict(message: string): EngineError {
	return new EngineError("conflict", message);
}
