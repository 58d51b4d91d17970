import { delay, isEngineError } from "../../lib/index.ts";
import type { ExitRecord } from "../../runtime/index.ts";
import type { Container, Run } from "../container.ts";
import type { Context } from "../context.ts";
import { driverOf } from "../isolation.ts";
import { publish } from "../publish.ts";
import { beginRun } from "./begin-run.ts";
import { removeUnderLock } from "./destroy.ts";
import { endRun } from "./end-run.ts";
import { startFailed } from "./start-failed.ts";

/**
 * Follows a run to its end, and the runs that the restart policy adds, then removes the container if it is to be.
 * Never fails; ends early when the daemon shuts down.
 */
export function supervise(context: Context, container: Container, run: Run): void {
	follow(context, container, run).catch((error: unknown) => {
		context.log.error("a container is no longer supervised", { container: container.id, error });
	});
}

/** Waits for the next run of a container that is `restarting` (at boot: of one that the last daemon left so). */
export function superviseRestart(context: Context, container: Container, delayMs: number): void {
	restartAndFollow(context, container, delayMs).catch((error: unknown) => {
		context.log.error("a container is no longer supervised", { container: container.id, error });
	});
}

async function follow(context: Context, container: Container, run: Run): Promise<void> {
	let current: Run | undefined = run;
	while (current !== undefined) {
		const { task }: Run = current;
		task.onOom(() => publish(context, container, { action: "oom" }));
		const record: ExitRecord = await task.wait();
		if (context.shutdown.aborted) return;
		const restartInMs: number | undefined = await handleEnd(context, container, {
			record,
			// Without its supervisor nobody ends what may still be running.
			leave: async () => {
				if (record.lost) await driverOf(context, container.record).cleanup(task.location);
				else await task.delete();
				context.delivery.release(container.id);
			},
			cutOff: () => task.cutOff(),
		});
		current = restartInMs === undefined ? undefined : await nextRun(context, container, restartInMs);
	}
}

async function restartAndFollow(context: Context, container: Container, delayMs: number): Promise<void> {
	const run = await nextRun(context, container, delayMs);
	if (run !== undefined) await follow(context, container, run);
}

/** The end is noted and an auto-remove done under one hold of the lock: nobody starts it in between. */
async function handleEnd(
	context: Context,
	container: Container,
	ended: { readonly record: ExitRecord; readonly leave: () => Promise<void>; readonly cutOff: () => void },
): Promise<number | undefined> {
	using _lock = await context.locks.acquire(container.id);
	const isRestart = container.stopIntent === "restart";
	const restartInMs = await endRun(context, container, ended);
	if (container.record.hostConfig.AutoRemove && !isRestart) {
		await removeUnderLock(context, container, { volumes: true });
		return undefined;
	}
	return restartInMs;
}

async function nextRun(context: Context, container: Container, delayMs: number): Promise<Run | undefined> {
	if (!(await waitForTurn(context, container, delayMs))) return undefined;
	using _lock = await context.locks.acquire(container.id);
	if (container.record.state.status !== "restarting" || context.shutdown.aborted) return undefined;
	try {
		return await beginRun(context, container);
	} catch (error) {
		context.log.warn("a container could not be restarted", { container: container.id, error });
		await startFailed(context, container, error);
		return undefined;
	}
}

/** False when a user or the shutdown ended the wait. */
async function waitForTurn(context: Context, container: Container, delayMs: number): Promise<boolean> {
	const timer = new AbortController();
	container.restartTimer = timer;
	try {
		await delay(delayMs, AbortSignal.any([timer.signal, context.shutdown]));
		return true;
	} catch (error) {
		if (!isEngineError(error, "cancelled")) throw error;
		return false;
	} finally {
		container.restartTimer = undefined;
	}
}
