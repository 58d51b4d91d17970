import { failpoint } from "../lib/index.ts";
import type { NetworksContext } from "./context.ts";
import type { Endpoint } from "./contract.ts";

/** Takes a container off a network, or off all of them. Nothing to do is success. */
export async function disconnect(
	context: NetworksContext,
	containerId: string,
	networkId?: string,
): Promise<void> {
	for (const endpoint of context.endpoints.ofContainer(containerId, networkId)) {
		await giveBack(context, endpoint);
	}
}

/**
 * Gives an endpoint's link and address back. The link is out of service before the address is free for the next one.
 *
 * On disk after a kill: until "after-delete" the endpoint, whose container does not run any more, so `restore`
 * does the same again; from then on at most a link that is down, which `restore` deletes.
 */
export async function giveBack(context: NetworksContext, endpoint: Endpoint): Promise<void> {
	if (endpoint.hostInterface !== "") await context.removal.remove(endpoint.hostInterface);
	failpoint("networks.disconnect.after-link-down");
	context.endpoints.delete(endpoint.id);
	failpoint("networks.disconnect.after-delete");
}
