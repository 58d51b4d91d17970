import { errnoOf, failpoint } from "../lib/index.ts";
import { deleteLink, openRouteSocket } from "../sys/index.ts";
import { cardOf } from "./configure-card.ts";
import type { NetworksContext } from "./context.ts";
import type { Endpoint, NetworkPlug } from "./contract.ts";
import { forgetTranslated } from "./ports/forget-translated.ts";
import { reroute } from "./reroute.ts";

/** Takes a container off a network, or off all of them. Nothing to do is success. */
export async function disconnect(
	context: NetworksContext,
	containerId: string,
	networkId?: string,
	plug?: NetworkPlug,
): Promise<void> {
	const endpoints = context.endpoints.ofContainer(containerId, networkId);
	for (const endpoint of endpoints) {
		await giveBack(context, endpoint);
		if (plug !== undefined) await unplug(context, endpoint, plug);
	}
	if (plug !== undefined && endpoints.length > 0) await reroute(context, containerId, plug);
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
	if (endpoint.translated)
		for (const address of [endpoint.ipv4Address, endpoint.ipv6Address]) forgetTranslated(address);
	context.endpoints.delete(endpoint.id);
	context.egress.applyLater();
	failpoint("networks.disconnect.after-delete");
}

/** A sandbox that lives on must not keep the interface, nor routes through it. */
async function unplug(context: NetworksContext, endpoint: Endpoint, plug: NetworkPlug): Promise<void> {
	if (endpoint.interfaceName === "") return;
	if (plug.kind === "tap") await plug.release(cardOf(endpoint));
	else if (endpoint.hostInterface !== "") await context.removal.finish(endpoint.hostInterface);
	else await deleteInside(endpoint.interfaceName, plug.fd);
}

/** A link that has no other end on the host. */
async function deleteInside(name: string, namespaceFd: number): Promise<void> {
	using inside = openRouteSocket(namespaceFd);
	await inside.requestInBackground([deleteLink(name)]).catch((error) => {
		if (errnoOf(error) !== "ENODEV") throw error;
	});
}
