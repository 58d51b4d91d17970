import type { NetworksContext } from "./context.ts";
import { giveBack } from "./disconnect.ts";
import { removeLink } from "./remove.ts";

/** Removes from the kernel what this engine made. The networks' records stay: the next `restore` makes it all again. */
export async function teardown(context: NetworksContext): Promise<void> {
	for (const endpoint of context.endpoints.all()) await giveBack(context, endpoint);
	for (const network of context.networks.all().filter(({ subnets }) => subnets.length > 0))
		await removeLink(context, network);
	await context.removal.settle();
	await context.egress.remove();
	await context.firewall.remove();
}
