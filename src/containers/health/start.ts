import type { Health, HealthcheckResult } from "../../api/index.ts";
import { delay, isEngineError } from "../../lib/index.ts";
import type { Task } from "../../runtime/index.ts";
import type { Container, Run } from "../container.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { isAlive } from "../record/state.ts";
import { timestamp } from "../timestamp.ts";
import { type HealthCheck, parseHealthCheck } from "./check.ts";
import { actOnUnhealthy } from "./on-unhealthy.ts";
import { type ProbeResult, probe } from "./probe.ts";

type Status = "starting" | "healthy" | "unhealthy";

interface HealthState {
	status: Status;
	failingStreak: number;
	log: HealthcheckResult[];
}

/** Docker keeps so many results. */
const keptResults = 5;

/** Begins to probe a run, when its container has a health check; ends with the run. */
export function startHealthMonitor(context: Context, container: Container, run: Run): void {
	const check = parseHealthCheck(container.record.config);
	container.health = undefined;
	if (check === undefined) return;
	const ending = new AbortController();
	const state: HealthState = { status: "starting", failingStreak: 0, log: [] };
	container.health = {
		health: (): Health => ({
			Status: state.status,
			FailingStreak: state.failingStreak,
			Log: [...state.log],
		}),
		stop: () => ending.abort(),
	};
	const signal = AbortSignal.any([ending.signal, context.shutdown]);
	monitor(context, container, { run, check, state, signal }).catch((error: unknown) => {
		if (!isEngineError(error, "cancelled") && !signal.aborted)
			context.log.error("health checks of a container have ended", { container: container.id, error });
	});
}

async function monitor(
	context: Context,
	container: Container,
	order: {
		readonly run: Run;
		readonly check: HealthCheck;
		readonly state: HealthState;
		readonly signal: AbortSignal;
	},
): Promise<never> {
	const { run, check, state, signal } = order;
	const startedMs = startOf(container);
	const inStartPeriod = () => Date.now() - startedMs < check.startPeriodMs;
	for (;;) {
		const isStarting = state.status === "starting" && inStartPeriod();
		await delay(isStarting ? check.startIntervalMs : check.intervalMs, signal);
		if (container.record.state.status !== "running") continue;
		const begin = timestamp();
		const result = await probeOnce(context, container, { task: run.task, check });
		if (signal.aborted) continue;
		const becameUnhealthy = note(context, container, {
			state,
			check,
			// A failure while the program still starts is no failure.
			counts: !(state.status === "starting" && inStartPeriod()),
			result: { Start: begin, End: timestamp(), ExitCode: result.exitCode, Output: result.output },
		});
		if (becameUnhealthy) actOnUnhealthy(context, container, run);
	}
}

/** Also of a run that an earlier daemon started: its start period does not begin anew. */
function startOf({ record: { state } }: Container): number {
	return isAlive(state) ? Date.parse(state.startedAt) : Date.now();
}

async function probeOnce(
	context: Context,
	container: Container,
	run: { readonly task: Task; readonly check: HealthCheck },
): Promise<ProbeResult> {
	try {
		return await probe(context, container, run);
	} catch (error) {
		return { exitCode: -1, output: (error as Error).message };
	}
}

/** True when it is unhealthy from now on. */
function note(
	context: Context,
	container: Container,
	probed: {
		readonly state: HealthState;
		readonly check: HealthCheck;
		readonly counts: boolean;
		readonly result: HealthcheckResult;
	},
): boolean {
	const { state, check, counts, result } = probed;
	state.log = [...state.log, result].slice(-keptResults);
	const before = state.status;
	if (result.ExitCode === 0) {
		state.failingStreak = 0;
		state.status = "healthy";
	} else if (counts) {
		state.failingStreak++;
		if (state.failingStreak >= check.retries) state.status = "unhealthy";
	}
	if (state.status === before) return false;
	publish(context, container, { action: `health_status: ${state.status}` });
	return state.status === "unhealthy";
}
