import { delay, EngineError, isEngineError } from "../../lib/index.ts";
import type { Container, Run } from "../container.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { saveRecord } from "../record/change.ts";
import type { ContainerRecord } from "../record/record.ts";

const killTimeoutMs = 10_000;
export const SIGKILL = 9;

/**
 * Sends a signal to a run's first process and tells of it. A paused container is let go on, or it would never act on
 * the signal. No lock: whoever starts or ends a container may hold it for long, and must be interruptible.
 */
export async function signalRun(
	context: Context,
	container: Container,
	order: { readonly run: Run; readonly signal: number; readonly unpause: boolean },
): Promise<void> {
	const { run, signal } = order;
	publish(context, container, { action: "kill", attributes: { signal: String(signal) } });
	try {
		await run.task.signal(signal);
	} catch (error) {
		// It ended by itself in between.
		if (!isEngineError(error, "not_found")) throw error;
		return;
	}
	if (order.unpause && container.record.state.status === "paused") await run.task.resume();
}

/** Why a run is ended: by a user, for good or to start it again, or because it is unhealthy and shall be started again. */
export type EndIntent = "stop" | "restart" | "unhealthy";

/** Kills what runs of a container and waits for its end; nothing to do when it does not run. */
export async function killAndWait(
	context: Context,
	container: Container,
	intent: EndIntent = "stop",
): Promise<void> {
	await settled(context, container);
	const { run } = container;
	if (run === undefined) return;
	noteStop(context, container, intent);
	await signalRun(context, container, { run, signal: SIGKILL, unpause: true });
	if (await endsWithin(run, killTimeoutMs)) return;
	throw new EngineError(
		"timed_out",
		`could not kill container ${container.id}: tried to kill it, but did not receive an exit event`,
	);
}

/** Waits until nobody is in the middle of starting, ending or changing the container. */
export async function settled(context: Context, container: Container): Promise<void> {
	(await context.locks.acquire(container.id))[Symbol.dispose]();
}

/** Remembers why the run is ended, for its restart policy: in memory for this run, on disk for the next boot. */
export function noteStop(context: Context, container: Container, intent: EndIntent): void {
	if (intent === "unhealthy") {
		if (!container.record.restartsUnhealthy) save(context, container, { restartsUnhealthy: true });
		return;
	}
	container.stopIntent = intent;
	if (intent === "stop" && !container.record.stoppedByUser) save(context, container, { stoppedByUser: true });
}

function save(
	context: Context,
	container: Container,
	change: Pick<Partial<ContainerRecord>, "stoppedByUser" | "restartsUnhealthy">,
): void {
	const record = { ...container.record, ...change };
	try {
		saveRecord(context, container, record);
	} catch (error) {
		// A disk that is full must not keep anybody from stopping what fills it.
		if (!isEngineError(error, "no_space")) throw error;
		container.record = record;
	}
}

/** True when the run's end was noted in that time; a negative time waits for ever. */
export async function endsWithin(run: Run, timeoutMs: number): Promise<boolean> {
	if (timeoutMs < 0) {
		await run.ended;
		return true;
	}
	const timer = new AbortController();
	const timeout = delay(timeoutMs, timer.signal).then(
		() => false,
		() => false,
	);
	const ended = await Promise.race([run.ended.then(() => true), timeout]);
	timer.abort();
	return ended;
}
