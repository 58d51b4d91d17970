import type { VmContext } from "./context.ts";
import type { MachinePlan } from "./plan-machine.ts";
import { type StartedMachine, startMachine } from "./start-machine.ts";

/** A template that does not restore is no reason not to start: the machine boots then. */
export async function startFromTemplate(context: VmContext, plan: MachinePlan): Promise<StartedMachine> {
	const template = context.templates.find(plan.size, plan.facts);
	if (template === undefined) return startMachine(context, plan);
	try {
		return await startMachine(context, plan, template);
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
