import { unhealthyAnnotation } from "../../api/index.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import type { Container, Run } from "../container.ts";
import type { Context } from "../context.ts";
import { SIGKILL, settled, signalRun } from "../lifecycle/signal-run.ts";
import { stopRun } from "../lifecycle/stop.ts";
import { publish } from "../publish.ts";
import type { ContainerRecord } from "../record/record.ts";
import { parseHealthCheck } from "./check.ts";

/**
 * What happens to a container that becomes unhealthy. `kill`: SIGKILL, and its restart policy decides what then.
 * `restart`: stopped and started again, with the policy's back-off and count. `stop`: as by a user.
 */
export type UnhealthyAction = "none" | "kill" | "restart" | "stop";

const actions: readonly string[] = ["none", "kill", "restart", "stop"] satisfies UnhealthyAction[];

type Described = Pick<ContainerRecord, "config" | "hostConfig">;

export function unhealthyActionOf({ hostConfig }: Pick<Described, "hostConfig">): UnhealthyAction {
	return (hostConfig.Annotations?.[unhealthyAnnotation] ?? "none") as UnhealthyAction;
}

/** Errors: `invalid_argument` for an action that is none, that no check can lead to, or that `--rm` contradicts. */
export function assertUnhealthyAction(record: Described): void {
	const action = unhealthyActionOf(record);
	if (!actions.includes(action)) throw refused(`${JSON.stringify(action)} is none of ${actions.join(", ")}`);
	if (action === "none") return;
	const { Test: test } = record.config.Healthcheck ?? {};
	if (parseHealthCheck(record.config) === undefined && test?.[0] !== "NONE")
		throw refused(`${action} needs a health check, and the container has none`);
	if (action === "restart" && record.hostConfig.AutoRemove)
		throw refused("a container that is removed when it ends cannot be restarted (HostConfig.AutoRemove)");
}

function refused(text: string): EngineError {
	return new EngineError("invalid_argument", `${unhealthyAnnotation}: ${text}`);
}

/**
 * Does to a run what is asked for when it is unhealthy; never fails, nobody waits.
 *
 * Crash windows: that it comes back is saved before the first signal. A boot that finds it running still does the
 * same again, one that finds it ended asks the restart policy as here.
 */
export function actOnUnhealthy(context: Context, container: Container, run: Run): void {
	act(context, container, run).catch((error: unknown) => {
		if (context.shutdown.aborted || isEngineError(error, "not_found")) return;
		context.log.error("nothing could be done about an unhealthy container", {
			container: container.id,
			error,
		});
	});
}

async function act(context: Context, container: Container, run: Run): Promise<void> {
	const action = unhealthyActionOf(container.record);
	if (action === "none") return;
	await settled(context, container);
	if (container.run !== run || container.stopIntent !== undefined || context.shutdown.aborted) return;
	publish(context, container, { action: `health_on_failure: ${action}`, attributes: reasonOf(container) });
	switch (action) {
		case "kill":
			return await signalRun(context, container, { run, signal: SIGKILL, unpause: true });
		case "restart":
			return await stopRun(context, container, { intent: "unhealthy" });
		case "stop":
			await stopRun(context, container, { intent: "stop" });
			publish(context, container, { action: "stop" });
			return;
		default:
			return action satisfies never;
	}
}

/** The last check's result, for whoever reads the event. */
function reasonOf({ health }: Container): Record<string, string> {
	const { FailingStreak: streak = 0, Log: log = [] } = health?.health() ?? {};
	const { ExitCode: exitCode = 0, Output: output = "" } = log.at(-1) ?? {};
	return { failingStreak: String(streak), checkExitCode: String(exitCode), checkOutput: output.trim() };
}
