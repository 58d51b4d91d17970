import type { NetworkRecord } from "../contract.ts";
import { ensureBridge } from "./bridge/ensure-bridge.ts";
import { bridgeLinkName, bridgeSettings } from "./bridge/settings.ts";
import { ensureParent } from "./macvlan/parent.ts";
import { macvlanSettings } from "./macvlan/settings.ts";

/** The link of the host that a network of a driver with links is made of: a bridge, or a macvlan's parent. */
export function linkNameOf(network: NetworkRecord): string {
	return network.driver === "macvlan" ? macvlanSettings(network).parent : bridgeLinkName(network);
}

/** Makes that link as far as it is missing. */
export async function ensureLink(network: NetworkRecord): Promise<void> {
	if (network.driver === "macvlan") await ensureParent(macvlanSettings(network));
	else await ensureBridge(bridgeSettings(network));
}
