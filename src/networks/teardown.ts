import type { NetworksContext } from "./context.ts";
import { giveBack } from "./disconnect.ts";
import { applyRuleset } from "./firewall/apply.ts";
import { emptyRuleset } from "./firewall/ruleset.ts";

/** Removes from the kernel what this engine made. The networks' records stay: the next `restore` makes it all again. */
export async function teardown(context: NetworksContext): Promise<void> {
	for (const endpoint of context.endpoints.all()) await giveBack(context, endpoint);
	await context.removal.remove(context.identity.bridgeName);
	await context.removal.settle();
	await applyRuleset(emptyRuleset(context.identity.tableName));
}
