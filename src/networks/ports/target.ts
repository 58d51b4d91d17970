import type { NetworksContext } from "../context.ts";
import type { Endpoint } from "../contract.ts";
import { bridgeSettings } from "../drivers/bridge/settings.ts";
import type { PublishMode, PublishTarget } from "./contract.ts";

/**
 * Where the ports of a container lead that is published on an endpoint; `undefined` on a network that publishes none: an
 * internal one, and all but bridges. That the kernel is going to lead connections there is on disk before it does, so
 * that they are forgotten whenever the address is given back.
 */
export function publishTarget(
	context: Pick<NetworksContext, "networks" | "endpoints">,
	{ id, containerId, networkId }: Endpoint,
	options: { readonly mode: PublishMode; readonly translates: boolean },
): PublishTarget | undefined {
	const network = context.networks.all().find((candidate) => candidate.id === networkId);
	const endpoint = context.endpoints.ofContainer(containerId, networkId).find((found) => found.id === id);
	if (endpoint === undefined || network?.driver !== "bridge" || network.internal) return undefined;
	const { publish, linkName } = bridgeSettings(network);
	const mode = publish ?? options.mode;
	if ((mode === "nat" || options.translates) && endpoint.translated !== true)
		context.endpoints.put({ ...endpoint, translated: true });
	return { mode, linkName, ipv4Address: endpoint.ipv4Address, ipv6Address: endpoint.ipv6Address };
}
