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
		const network = context.networks.all().find(({ id }) => id === endpoint.networkId);
		if (network !== undefined) context.announce("disconnect", network, containerId);
	}
}

/**
 * Gives an endpoint's link and address back. The link is out of service before the address is free for the next one.
 *
 * On disk after a kill: until "endpoint deleted" the endpoint, whose container does not run any more, so `restore`
 * does the same again; from then on at most a link that is down, which `restore` deletes.
 */
export async function giveBack(context: NetworksContext, endpoint: Endpoint): Promise<void> {
	if (endpoint.hostInterface !== "") await context.removal.remove(endpoint.hostInterface);
	context.reached("disconnect: link out of service");
	context.endpoints.delete(endpoint.id);
	context.reached("disconnect: endpoint deleted");
}
