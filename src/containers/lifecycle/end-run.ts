import { parseNanos } from "../../api/syntax.ts";
import { failpoint } from "../../lib/index.ts";
import type { ExitRecord } from "../../runtime/index.ts";
import { type Container, tell } from "../container.ts";
import type { Context } from "../context.ts";
import { endExecs } from "../exec/end.ts";
import { disconnectNetworks } from "../networking/connect-networks.ts";
import { endPublication } from "../ports/publication.ts";
import { publish } from "../publish.ts";
import { changeState } from "../record/change.ts";
import type { Exit } from "../record/state.ts";
import { publishVolumes } from "./publish-volumes.ts";
import { decideRestart } from "./restart-policy.ts";

/**
 * Takes note of the end of a run: persisted, published, told to those who wait. What is left of it goes in the
 * background. Gives the wait before the next run when the restart policy wants one. The caller holds the lock.
 *
 * Crash windows: until the record is persisted, boot finds the exit record on disk and does all of this then.
 */
export async function endRun(
	context: Context,
	container: Container,
	ended: {
		readonly record: ExitRecord;
		/** Waits for the supervisor to go and removes what the run kept in `runDir`. */
		readonly leave: () => Promise<void>;
		/** Lets clients that take nothing hold it up no longer. */
		readonly cutOff?: () => void;
	},
): Promise<number | undefined> {
	const { run } = container;
	const exit = toExit(ended.record);
	const restartInMs = askPolicy(container, exit);
	container.health?.stop();
	container.run = undefined;
	container.backOffMs = restartInMs ?? 0;
	persistEnd(context, container, { exit, restartInMs });
	failpoint("containers.end.after-persist");
	endExecs(context, container);
	// The log was complete before the exit record.
	context.logShipping.over(container.id);
	publish(context, container, {
		action: "die",
		attributes: { exitCode: String(exit.exitCode), execDuration: String(Math.floor(ranMs(exit) / 1000)) },
	});
	container.cutOff = ended.cutOff;
	// Not before its supervisor has left: a file system must not be mounted twice from one disk.
	container.leaving = ended.leave().finally(() => context.volumes.unmount(container.id));
	context.background.run(`clean-up of container ${container.id}`, () => container.leaving);
	await release(context, container);
	tell(container, { kind: "ended", exitCode: exit.exitCode });
	run?.markEnded();
	return restartInMs;
}

function toExit(record: ExitRecord): Exit {
	return {
		exitCode: record.exitCode,
		oomKilled: record.oomKilled,
		startedAt: record.startedAt,
		finishedAt: record.finishedAt,
		error: record.lost
			? "the supervisor of the container was lost; how it ended is not known"
			: (record.error ?? ""),
	};
}

function askPolicy(container: Container, exit: Exit): number | undefined {
	return decideRestart({
		policy: container.record.hostConfig.RestartPolicy,
		exit,
		ranMs: ranMs(exit),
		restartCount: container.record.restartCount,
		stopRequested: container.stopIntent !== undefined,
		unhealthy: container.record.restartsUnhealthy === true,
		backOffMs: container.backOffMs,
	});
}

function ranMs(exit: Exit): number {
	return Number((parseNanos(exit.finishedAt) - parseNanos(exit.startedAt)) / 1_000_000n);
}

function persistEnd(
	context: Context,
	container: Container,
	end: { readonly exit: Exit; readonly restartInMs: number | undefined },
): void {
	const { exit, restartInMs } = end;
	const restartCount = container.record.restartCount + (restartInMs === undefined ? 0 : 1);
	try {
		changeState(
			context,
			container,
			{ kind: "ended", exit, ...(restartInMs === undefined ? {} : { restartInMs }) },
			{ restartCount, ...(container.record.restartsUnhealthy ? { restartsUnhealthy: false } : {}) },
		);
	} catch (error) {
		// A full disk must not make a dead container look alive; the exit record stays for the next boot.
		context.log.error("the end of a container could not be saved", { container: container.id, error });
		container.record = { ...container.record, state: { status: "exited", exit } };
	}
}

/** A failure here must not keep the end from those who wait; boot gives back what is left. */
async function release(context: Context, container: Container): Promise<void> {
	await endPublication(context, container);
	try {
		await disconnectNetworks(context, container);
	} catch (error) {
		context.log.error("a network could not be left", { container: container.id, error });
	}
	publishVolumes(context, container, "unmount");
}
