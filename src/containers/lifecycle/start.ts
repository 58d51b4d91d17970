import { EngineError } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { saveRecord } from "../record/change.ts";
import { beginRun } from "./begin-run.ts";
import { startFailed } from "./start-failed.ts";
import { supervise } from "./supervise.ts";

/** Starts a container; false when it runs already, or is about to by its restart policy. */
export async function startContainer(context: Context, reference: string): Promise<boolean> {
	const container = context.registry.get(reference);
	using _lock = await context.locks.acquire(container.id);
	return startUnderLock(context, container);
}

export async function startUnderLock(context: Context, container: Container): Promise<boolean> {
	if (!mayStart(container)) return false;
	forgetStop(context, container);
	try {
		supervise(context, container, await beginRun(context, container));
	} catch (error) {
		await startFailed(context, container, error);
		throw error;
	}
	return true;
}

function mayStart(container: Container): boolean {
	const { state } = container.record;
	switch (state.status) {
		case "created":
		case "exited":
			return true;
		case "running":
		case "restarting":
			return false;
		case "paused":
			throw new EngineError("conflict", "cannot start a paused container, try unpause instead");
		case "removing":
		case "dead":
			throw new EngineError("conflict", "container is marked for removal and cannot be started");
		default:
			return state satisfies never;
	}
}

/** A start by a user begins the restart policy's count anew. */
function forgetStop(context: Context, container: Container): void {
	container.backOffMs = 0;
	const { record } = container;
	if (record.restartCount === 0 && !record.stoppedByUser) return;
	saveRecord(context, container, { ...record, restartCount: 0, stoppedByUser: false });
}
