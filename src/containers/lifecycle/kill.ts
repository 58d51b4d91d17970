import { parseSignal } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { killAndWait, noteStop, SIGKILL, settled, signalRun } from "./signal-run.ts";

/** Sends a signal; SIGKILL waits for the end. Errors: `conflict` when the container does not run. */
export async function killContainer(context: Context, reference: string, signalText: string): Promise<void> {
	const signal = parseSignal(signalText || "SIGKILL");
	const container = context.registry.get(reference);
	await settled(context, container);
	const { run } = container;
	if (run === undefined) {
		throw new EngineError(
			"conflict",
			`cannot kill container: ${reference}: container ${container.id} is not running`,
		);
	}
	if (signal === SIGKILL) return killAndWait(context, container);
	const isStop = meansStop(container, signal);
	if (isStop) noteStop(context, container, "stop");
	await signalRun(context, container, { run, signal, unpause: isStop });
}

/**
 * Docker's rule for whether a signal means that the container shall stay stopped: its own stop signal, or any when it
 * has none of its own.
 */
function meansStop(container: Container, signal: number): boolean {
	const { StopSignal: stopSignal } = container.record.config;
	return !stopSignal || parseSignal(stopSignal) === signal;
}
