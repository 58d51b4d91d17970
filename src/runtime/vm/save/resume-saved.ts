import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SavedMachine } from "../../contract.ts";
import { type Connection, frameType } from "../../session/index.ts";
import { cardFields, identityFields } from "../configure-fields.ts";
import type { VmContext } from "../context.ts";
import { listenTo } from "../listen-to.ts";
import { cardsOf } from "../machine-file.ts";
import type { MachinePlan } from "../plan-machine.ts";
import { withQmp } from "../qmp/connect.ts";
import { cardOf, type MachineCard } from "../sandbox.ts";
import { type StartedMachine, startMachine } from "../start-machine.ts";
import { savedFile } from "./saved-file.ts";

/** Restores a saved machine, which stands until {@link resumeSaved}. */
export function startSaved(
	context: VmContext,
	plan: MachinePlan,
	{ folder }: SavedMachine,
): Promise<StartedMachine> {
	return startMachine(context, plan, {
		key: plan.spec.id,
		folder,
		state: readFileSync(join(folder, "state")),
	});
}

/**
 * Lets a restored machine go on as somebody else. Its cards have no carrier until it knows its new addresses: with
 * the old ones it would answer for the machine that it was copied from.
 */
export async function resumeSaved(plan: MachinePlan, connection: Connection): Promise<void> {
	const { spec, sandbox } = plan;
	const carrier = (up: boolean) =>
		withQmp(spec, async (qmp) => {
			for (const { number } of sandbox.cards) await qmp.execute("set_link", { name: `net${number}`, up });
			if (!up) await qmp.execute("cont");
		});
	await carrier(false);
	await connection.request(frameType.configure, [
		...identityFields(spec.machine!),
		...sandbox.cards.flatMap(cardFields),
		...formerCards(plan).flatMap(cardFields),
	]);
	await carrier(true);
	await listenTo(sandbox, connection);
}

/** Cards that the origin had in use, and that are nobody's now. */
function formerCards({ spec, sandbox }: MachinePlan): MachineCard[] {
	const numbers = new Set(cardsOf(savedFile(spec.machine!.saved!)));
	for (const { number } of sandbox.cards) numbers.delete(number);
	return [...numbers].map((number) => cardOf(sandbox.links, number));
}
