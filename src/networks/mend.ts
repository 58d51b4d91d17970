import type { NetworksContext } from "./context.ts";
import type { NetworkRecord } from "./contract.ts";
import { ensureLink } from "./drivers/network-link.ts";
import { listLinks, replugAll } from "./links.ts";

/** Makes the bridges again that somebody has deleted, and their containers' links ports of them. */
export async function mend(context: NetworksContext): Promise<void> {
	const networks = await ensureLinks(context);
	await replugAll(context, networks, listLinks());
}

/**
 * Makes every network's link as it should be. One that cannot be, because another link has its name, is reported and
 * left alone: the other networks must work. Gives the bridge networks that have their bridge.
 */
export async function ensureLinks(context: NetworksContext): Promise<NetworkRecord[]> {
	const whole: NetworkRecord[] = [];
	for (const network of context.networks.all().filter(hasLink)) {
		try {
			await ensureLink(network);
			whole.push(network);
		} catch (error) {
			context.log.error("the link of a network cannot be made", { network: network.name, error });
		}
	}
	return whole.filter(({ driver }) => driver === "bridge");
}

function hasLink({ subnets, state }: NetworkRecord): boolean {
	return subnets.length > 0 && state === "ready";
}
