import { parseSignal } from "../../api/syntax.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { countsAsRunning } from "../record/state.ts";
import { cancelRestart } from "./cancel-restart.ts";
import { type EndIntent, endsWithin, killAndWait, noteStop, settled, signalRun } from "./signal-run.ts";

const defaultTimeoutSeconds = 10;

export interface StopOptions {
	/** Before SIGKILL; negative waits for ever. Default: the container's, else 10. */
	readonly timeoutSeconds?: number;
	/** Default: the container's stop signal, else SIGTERM. */
	readonly signal?: string;
}

/** Stops a container; false when it does not run. */
export async function stopContainer(
	context: Context,
	reference: string,
	options: StopOptions,
): Promise<boolean> {
	const container = context.registry.get(reference);
	await settled(context, container);
	if (!countsAsRunning(container.record.state)) return false;
	await stopRun(context, container, { ...options, intent: "stop" });
	publish(context, container, { action: "stop" });
	return true;
}

/** Stops what runs, or the wait for a restart, and returns when the end is noted. */
export async function stopRun(
	context: Context,
	container: Container,
	options: StopOptions & { readonly intent: EndIntent },
): Promise<void> {
	const { config } = container.record;
	const signal = parseSignal(options.signal || config.StopSignal || "SIGTERM");
	const timeoutSeconds = options.timeoutSeconds ?? config.StopTimeout ?? defaultTimeoutSeconds;
	if (await stopWaiting(context, container)) return;
	const { run } = container;
	if (run === undefined) return;
	noteStop(context, container, options.intent);
	const told = signalRun(context, container, { run, signal, unpause: true });
	const ended = endsWithin(run, timeoutSeconds * 1000);
	// The kernel of a machine may never say that it has the signal: the time runs all the same.
	await Promise.race([told, ended]);
	if (await ended) return;
	await killAndWait(context, container, options.intent);
}

async function stopWaiting(context: Context, container: Container): Promise<boolean> {
	using _lock = await context.locks.acquire(container.id);
	return cancelRestart(context, container);
}
