import { decodeLink, getLink, openRouteSocket } from "../sys/index.ts";
import { configureCard } from "./configure-card.ts";
import type { NetworksContext } from "./context.ts";
import type { NetworkPlug } from "./contract.ts";
import { defaultGateways } from "./default-route.ts";
import { defaultRoute } from "./drivers/configure-inside.ts";

/** Gives a sandbox that lives on, and whose endpoints have changed, the default routes that are right now. */
export async function reroute(
	context: NetworksContext,
	containerId: string,
	plug: NetworkPlug,
): Promise<void> {
	const endpoints = context.endpoints
		.ofContainer(containerId)
		.filter(({ interfaceName }) => interfaceName !== "");
	if (plug.kind === "tap") {
		for (const endpoint of endpoints) await configureCard(context, endpoint, plug);
		return;
	}
	using inside = openRouteSocket(plug.fd);
	for (const endpoint of endpoints) {
		const gateways = defaultGateways(context, endpoint);
		if (gateways.length === 0) continue;
		const [answer] = await inside.requestInBackground([getLink(endpoint.interfaceName)]);
		const { index } = decodeLink(answer!);
		await inside.requestInBackground(gateways.map((gateway) => defaultRoute(gateway, index)));
	}
}
