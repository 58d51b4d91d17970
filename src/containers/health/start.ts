import type { Health, HealthcheckResult } from "../../api/index.ts";
import { delay, isEngineError } from "../../lib/index.ts";
import type { Task } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { timestamp } from "../timestamp.ts";
import { type HealthCheck, parseHealthCheck } from "./check.ts";
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
export function startHealthMonitor(context: Context, container: Container, task: Task): void {
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
	monitor(context, container, { task, check, state, signal }).catch((error: unknown) => {
		if (!isEngineError(error, "cancelled") && !signal.aborted)
			context.log.error("health checks of a container have ended", { container: container.id, error });
	});
}

async function monitor(
	context: Context,
	container: Container,
	run: {
		readonly task: Task;
		readonly check: HealthCheck;
		readonly state: HealthState;
		readonly signal: AbortSignal;
	},
): Promise<never> {
	const { check, state, signal } = run;
	const startedMs = performance.now();
	const inStartPeriod = () => performance.now() - startedMs < check.startPeriodMs;
	for (;;) {
		const isStarting = state.status === "starting" && inStartPeriod();
		await delay(isStarting ? check.startIntervalMs : check.intervalMs, signal);
		if (container.record.state.status !== "running") continue;
		const begin = timestamp();
		const result = await probeOnce(context, container, run);
		if (signal.aborted) continue;
		note(context, container, {
			state,
			check,
			// A failure while the program still starts is no failure.
			counts: !(state.status === "starting" && inStartPeriod()),
			result: { Start: begin, End: timestamp(), ExitCode: result.exitCode, Output: result.output },
		});
	}
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

function note(
	context: Context,
	container: Container,
	probed: {
		readonly state: HealthState;
		readonly check: HealthCheck;
		readonly counts: boolean;
		readonly result: HealthcheckResult;
	},
): void {
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
	if (state.status !== before) publish(context, container, { action: `health_status: ${state.status}` });
}
