import { removeTreeSync } from "../../lib/index.ts";
import type { Sandbox, Task, TaskSpec } from "../contract.ts";
import { SupervisedTask } from "../session/index.ts";
import type { VmContext } from "./context.ts";
import { removeMachine, vmHull } from "./hull.ts";
import { type MachinePlan, planMachine } from "./plan-machine.ts";
import { claimSpare } from "./pool/claim-spare.ts";
import { prepareStart } from "./prepare-start.ts";
import { vmSandboxOf } from "./sandbox.ts";
import { resumeSaved, startSaved } from "./save/resume-saved.ts";
import { startFromTemplate } from "./start-from-template.ts";
import { groupPath, type StartedMachine } from "./start-machine.ts";

/**
 * Starts the supervisor, and with it QEMU, which is restored from a template or boots while the caller connects
 * networks. What the guest is to be goes out with the start, in one write.
 *
 * Crash windows: a supervisor whose only client vanishes before START ends its machine and leaves; its taps end with
 * it. `runDir` and the control group are then empty, and `cleanup` removes them.
 */
export async function createTask(
	context: VmContext,
	sandbox: Sandbox,
	request: { readonly spec: TaskSpec; readonly signal: AbortSignal | undefined },
): Promise<Task> {
	const { spec, signal } = request;
	const plan = await planMachine(context, vmSandboxOf(sandbox), spec);
	try {
		signal?.throwIfAborted();
		const saved = spec.machine?.saved;
		const { connection } = await (saved === undefined
			? startNew(context, plan)
			: startSaved(context, plan, saved));
		const hull = vmHull(context, { location: spec, connection, size: plan.size }, async () => {
			if (saved !== undefined) return await resumeSaved(plan, connection);
			await prepareStart(plan, connection);
			// Not before: it takes a CPU for as long as a boot does.
			context.templates.prepare(plan.size, plan.facts);
			context.pool.prepare(plan.size, plan.facts);
		});
		const task = new SupervisedTask(spec, connection, { hull, program: spec.spec.process.args[0] ?? "" });
		context.connections.set(task, connection);
		return task;
	} catch (error) {
		await context.cgroups.remove(groupPath(spec)).catch(() => undefined);
		await removeMachine(context, spec).catch(() => undefined);
		context.users.giveBack(spec.id);
		removeTreeSync(spec.runDir);
		throw error;
	}
}

/** A spare machine becomes the container's; where there is none, or it fails, a template does. */
async function startNew(context: VmContext, plan: MachinePlan): Promise<StartedMachine> {
	const { spare } = plan.sandbox;
	if (spare === undefined) return await startFromTemplate(context, plan);
	try {
		const started = await claimSpare(context, plan, spare);
		plan.sandbox.spare = undefined;
		return started;
	} catch (error) {
		context.log.warn("a spare machine cannot be used", { container: plan.spec.id, spare: spare.id, error });
		plan.sandbox.spare = undefined;
		await spare.end();
		return await startFromTemplate(context, plan);
	}
}
