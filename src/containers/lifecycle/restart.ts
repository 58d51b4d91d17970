import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { countsAsRunning } from "../record/state.ts";
import { settled } from "./signal-run.ts";
import { startUnderLock } from "./start.ts";
import { type StopOptions, stopRun } from "./stop.ts";

/** Stops a container if it runs, and starts it. It is not removed in between, whatever `AutoRemove` says. */
export async function restartContainer(
	context: Context,
	reference: string,
	options: StopOptions,
): Promise<void> {
	const container = context.registry.get(reference);
	await settled(context, container);
	if (countsAsRunning(container.record.state)) {
		await stopRun(context, container, { ...options, intent: "restart" });
		publish(context, container, { action: "stop" });
	}
	using _lock = await context.locks.acquire(container.id);
	await startUnderLock(context, container);
	publish(context, container, { action: "restart" });
}
