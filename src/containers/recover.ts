import type { ExitRecord, Task } from "../runtime/index.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { endExec, watchExec } from "./exec/end.ts";
import { actOnUnhealthy } from "./health/on-unhealthy.ts";
import { startHealthMonitor } from "./health/start.ts";
import { driverOf } from "./isolation.ts";
import { beginRun } from "./lifecycle/begin-run.ts";
import { removeUnderLock } from "./lifecycle/destroy.ts";
import { endRun } from "./lifecycle/end-run.ts";
import { mountVolumes } from "./lifecycle/mount-volumes.ts";
import { wantsRestartAtBoot } from "./lifecycle/restart-policy.ts";
import { adoptTask } from "./lifecycle/run.ts";
import { startFailed } from "./lifecycle/start-failed.ts";
import { supervise, superviseRestart } from "./lifecycle/supervise.ts";
import { taskLocation } from "./locations.ts";
import { settleEndpoints } from "./networking/settle-endpoints.ts";
import { knownIds, loadExecs, removeOrphans } from "./orphans.ts";
import { endLeftPublication, recoverPublication } from "./ports/publication.ts";
import { reopenPorts } from "./ports/reopen-ports.ts";
import { publish } from "./publish.ts";
import { changeState } from "./record/change.ts";
import { exitOf, isAlive } from "./record/state.ts";
import { timestamp } from "./timestamp.ts";
import { releaseHeld } from "./volumes/hold-users.ts";

/**
 * Takes up what the last daemon left, whatever it was doing when it died. What is true is on disk and in the
 * processes, not in the records: a task that runs is a running container, an exit record that is newer than the
 * container's record is an end that nobody noted, and what is half made or half removed is removed.
 */
export async function recoverContainers(context: Context): Promise<void> {
	for (const { value: record } of context.documents.entries()) context.registry.add(record);
	const known = knownIds(context);
	loadExecs(context, known);
	context.logShipping.restore(known);
	const found = await Promise.all(
		[...context.registry.all()].map((container) => observe(context, container)),
	);
	const live = found.filter(({ task }) => task !== undefined).map(({ container }) => container.id);
	await context.networks.restore(new Set(live));
	await removeOrphans(context, known);
	const toStart: Container[] = [];
	for (const observation of found) {
		try {
			if (await settle(context, observation)) toStart.push(observation.container);
		} catch (error) {
			context.log.error("a container could not be recovered", {
				container: observation.container.id,
				error,
			});
		}
	}
	await releaseHeld(context);
	await context.volumes.sweepMounts();
	const running = [...context.registry.all()].filter(({ run }) => run !== undefined);
	context.delivery.restore(new Set(running.map(({ id }) => id)));
	context.background.run("start of containers with a restart policy", () => startAll(context, toStart));
}

/** What is left of a container's run. */
interface Observation {
	readonly container: Container;
	/** It runs. */
	readonly task: Task | undefined;
	/** It ended, and when. */
	readonly exit: ExitRecord | undefined;
}

async function observe(context: Context, container: Container): Promise<Observation> {
	const location = taskLocation(context, container.id);
	const driver = driverOf(context, container.record);
	const task = await driver.openTask(location);
	if (task?.pid !== undefined) return { container, task, exit: undefined };
	// A supervisor that was never told to start; cleaning up ends it.
	task?.close();
	return { container, task: undefined, exit: await driver.readExit(location) };
}

/** Brings one container's record in line with what was found. True: its restart policy wants it started. */
async function settle(context: Context, { container, task, exit }: Observation): Promise<boolean> {
	using _lock = await context.locks.acquire(container.id);
	const { state } = container.record;
	if (state.status === "removing") {
		task?.close();
		await cleanUp(context, container);
		await removeUnderLock(context, container, { volumes: state.volumes });
		return false;
	}
	if (task !== undefined) {
		await takeUp(context, container, task);
		return false;
	}
	await noteEnd(context, container, exit);
	await cleanUp(context, container);
	return afterEnd(context, container);
}

/** A task that runs: known as running, or started by a daemon that died before it could say so. */
async function takeUp(context: Context, container: Container, task: Task): Promise<void> {
	await holdVolumes(context, container);
	const wasKnown = isAlive(container.record.state);
	const run = adoptTask(container, task);
	if (!wasKnown) {
		if (container.record.state.status === "restarting")
			changeState(context, container, { kind: "restartCancelled" });
		changeState(context, container, { kind: "started", pid: task.pid!, startedAt: timestamp() });
		publish(context, container, { action: "start" });
	}
	await settleEndpoints(context, container);
	await recoverPublication(context, container);
	await reopenChanged(context, container);
	await takeUpExecs(context, container, task);
	startHealthMonitor(context, container, run);
	supervise(context, container, run);
	if (container.record.restartsUnhealthy) actOnUnhealthy(context, container, run);
}

/** Ports that a daemon was about to change when it died. */
async function reopenChanged(context: Context, container: Container): Promise<void> {
	try {
		await reopenPorts(context, container);
	} catch (error) {
		context.log.error("the ports of a container could not be changed", { container: container.id, error });
	}
}

/** What it runs with stays mounted. What was unmounted by hand is not made good: the container has its own mount. */
async function holdVolumes(context: Context, container: Container): Promise<void> {
	try {
		await mountVolumes(context, container.record, container.id);
	} catch (error) {
		context.log.warn("a volume of a running container could not be mounted", {
			container: container.id,
			error,
		});
	}
}

async function takeUpExecs(context: Context, container: Container, task: Task): Promise<void> {
	for (const exec of container.execs.values()) {
		if (exec.record.state.status !== "running") continue;
		exec.exec = await task.openExec(exec.record.id);
		// The supervisor knows nothing of it: it was never told to start it.
		if (exec.exec === undefined) endExec(context, container, { exec, exitCode: 137 });
		else watchExec(context, container, exec);
	}
}

/** Notes the end of a run that ended while no daemon was there, or went down with the machine. */
async function noteEnd(context: Context, container: Container, exit: ExitRecord | undefined): Promise<void> {
	const { state } = container.record;
	if (isAlive(state)) {
		const record = exit ?? lostRun(state.startedAt);
		await endRun(context, container, { record, leave: () => Promise.resolve() });
		return;
	}
	if (exit === undefined || exit.finishedAt === exitOf(state)?.finishedAt) return;
	// It was started, and ended, without the daemon living to note either.
	if (state.status === "restarting") changeState(context, container, { kind: "restartCancelled" });
	changeState(context, container, { kind: "started", pid: 0, startedAt: exit.startedAt });
	publish(context, container, { action: "start" });
	await endRun(context, container, { record: exit, leave: () => Promise.resolve() });
}

/** The machine went down, or the supervisor was killed: nobody saw the end. */
function lostRun(startedAt: string): ExitRecord {
	return { exitCode: 137, oomKilled: false, startedAt, finishedAt: timestamp(), lost: true };
}

async function cleanUp(context: Context, container: Container): Promise<void> {
	await endLeftPublication(context, container.id);
	await driverOf(context, container.record).cleanup(taskLocation(context, container.id));
	await context.networks.disconnect(container.id);
}

async function afterEnd(context: Context, container: Container): Promise<boolean> {
	const { state, hostConfig, stoppedByUser, restartCount } = container.record;
	if (state.status === "restarting") {
		superviseRestart(context, container, state.delayMs);
		return false;
	}
	if (state.status !== "exited") return false;
	if (hostConfig.AutoRemove) {
		await removeUnderLock(context, container, { volumes: true });
		return false;
	}
	return wantsRestartAtBoot({
		policy: hostConfig.RestartPolicy,
		exit: state.exit,
		restartCount,
		stoppedByUser,
	});
}

async function startAll(context: Context, containers: readonly Container[]): Promise<void> {
	for (const container of containers) {
		if (context.shutdown.aborted) return;
		using _lock = await context.locks.acquire(container.id);
		if (container.record.state.status !== "exited") continue;
		try {
			supervise(context, container, await beginRun(context, container));
		} catch (error) {
			context.log.warn("a container could not be started", { container: container.id, error });
			await startFailed(context, container, error);
		}
	}
}
