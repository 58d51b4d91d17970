import { inTime } from "../../lib/index.ts";
import type { TaskSpec } from "../contract.ts";
import { frameType } from "../session/index.ts";
import type { VmContext } from "./context.ts";
import { letGo } from "./let-go.ts";
import type { MachinePlan } from "./plan-machine.ts";
import { groupPath, type StartedMachine, startMachine } from "./start-machine.ts";
import type { Template } from "./template/templates.ts";

/** It answers within some 20 ms when it is well. */
const answerMs = 10_000;

/** A template that does not restore is no reason not to start: the machine boots then. */
export async function startFromTemplate(context: VmContext, plan: MachinePlan): Promise<StartedMachine> {
	const template = context.templates.find(plan.size, plan.facts);
	if (template === undefined) return startMachine(context, plan);
	try {
		const started = await startMachine(context, plan, template);
		if (!context.templates.isProven(template))
			await prove(context, { ...started, spec: plan.spec }, template);
		return started;
	} catch (error) {
		context.log.warn("a template does not restore and is removed; the machine boots", {
			container: plan.spec.id,
			template: template.key,
			error,
		});
		context.templates.discard(template);
		return startMachine(context, plan);
	}
}

/**
 * QEMU restores what the disk gave it; whether a kernel lives in it shows when its guest answers. The first start of a
 * daemon's life waits for that, those that follow need not: the template does not change.
 */
async function prove(
	context: VmContext,
	{ connection, spec }: StartedMachine & { readonly spec: TaskSpec },
	template: Template,
): Promise<void> {
	const answered = connection.request(frameType.configure);
	answered.catch(() => undefined);
	try {
		await inTime(answered, answerMs, "the first answer of a restored guest");
		context.templates.prove(template);
	} catch (error) {
		await letGo(connection);
		await context.cgroups.remove(groupPath(spec));
		throw error;
	}
}
