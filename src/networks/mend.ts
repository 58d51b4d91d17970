import type { NetworksContext } from "./context.ts";
import type { NetworkRecord } from "./contract.ts";
import { ensureBridge } from "./drivers/bridge/ensure-bridge.ts";
import { bridgeSettings } from "./drivers/bridge/settings.ts";
import { listLinks, replugAll } from "./links.ts";

/** Makes the bridges again that somebody has deleted, and their containers' links ports of them. */
export async function mend(context: NetworksContext): Promise<void> {
	const networks = await ensureLinks(context);
	await replugAll(context, networks, listLinks());
}

/**
 * Makes every network's bridge as it should be. One that cannot be, because another link has its name, is reported and
 * left alone: the other networks must work. Gives the networks that have their bridge.
 */
export async function ensureLinks(context: NetworksContext): Promise<NetworkRecord[]> {
	const whole: NetworkRecord[] = [];
	for (const network of bridgesOf(context)) {
		try {
			await ensureBridge(bridgeSettings(network));
			whole.push(network);
		} catch (error) {
			context.log.error("the bridge of a network cannot be made", { network: network.name, error });
		}
	}
	return whole;
}

function bridgesOf(context: NetworksContext): NetworkRecord[] {
	return context.networks.all().filter(({ driver, state }) => driver === "bridge" && state === "ready");
}
