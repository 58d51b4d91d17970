import { abortable } from "../../lib/index.ts";
import type { OpenedFiles, TaskSpec } from "../contract.ts";
import { type Connection, frameType } from "../session/index.ts";
import type { VmContext } from "./context.ts";
import { removeMachine } from "./hull.ts";
import { letGo } from "./let-go.ts";
import { mountMachineFiles } from "./machine-files.ts";
import { planMachine } from "./plan-machine.ts";
import { guestFields } from "./prepare-start.ts";
import { createVmSandbox } from "./sandbox.ts";
import { startFromTemplate } from "./start-from-template.ts";

/** How long a machine that is told to let go may take for it. */
const leaveMs = 10_000;

/**
 * The files of a machine that does not run, by a guest that is started for it, mounts the disks, and starts nothing.
 * The caller keeps the container from being started meanwhile; the disk's lock would refuse it.
 *
 * Crash windows: the guest's supervisor leaves when this daemon's connection ends. What was written and not synced
 * yet is then lost, the file system's journal keeps the rest whole.
 */
export async function openFiles(
	context: VmContext,
	spec: TaskSpec,
	signal: AbortSignal | undefined,
): Promise<OpenedFiles> {
	await using undo = new AsyncDisposableStack();
	await using sandbox = createVmSandbox({ id: spec.id, network: { kind: "own", endpoints: 0 } });
	const plan = await planMachine(context, sandbox, spec);
	signal?.throwIfAborted();
	undo.defer(() => removeMachine(context, spec));
	const { connection } = await startFromTemplate(context, plan);
	undo.defer(() => leave(connection));
	const guest = connection.request(frameType.guestPrepare, guestFields(plan));
	const [files] = await abortable(Promise.all([mountMachineFiles(connection, spec), guest]), signal);
	const close = undo.move();
	return { ...files, [Symbol.asyncDispose]: () => close.disposeAsync() };
}

/** Syncs what was written, then lets go: a supervisor that was never told to start ends its machine. */
async function leave(connection: Connection): Promise<void> {
	const deadline = AbortSignal.timeout(leaveMs);
	try {
		await abortable(connection.request(frameType.freeze, [["on", true]]), deadline);
	} catch {
		// It is gone, or hangs: there is nothing more to save.
	}
	await letGo(connection);
}
