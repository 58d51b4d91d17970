import type { Endpoint, NetworkRecord } from "../../networks/index.ts";
import type { Sandbox } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";

/** Plugs a sandbox into the container's networks. */
export async function connectNetworks(
	context: Context,
	container: Container,
	sandbox: Sandbox,
): Promise<Endpoint[]> {
	const endpoints: Endpoint[] = [];
	for (const [name, settings] of Object.entries(container.record.endpoints)) {
		const network = context.networks.get(name);
		const endpoint = await context.networks.connect(sandbox.plug, {
			networkId: network.id,
			containerId: container.id,
			...(settings.MacAddress ? { macAddress: settings.MacAddress } : {}),
		});
		endpoints.push(endpoint);
		publishNetwork(context, container, { action: "connect", network });
	}
	return endpoints;
}

/** Gives addresses and links back, and tells of it. Idempotent for the networks, not for the events. */
export async function disconnectNetworks(context: Context, container: Container): Promise<void> {
	await context.networks.disconnect(container.id);
	for (const name of Object.keys(container.record.endpoints))
		publishNetwork(context, container, { action: "disconnect", network: context.networks.get(name) });
}

function publishNetwork(
	context: Context,
	container: Container,
	event: { readonly action: "connect" | "disconnect"; readonly network: NetworkRecord },
): void {
	const { network } = event;
	context.events.publish("network", event.action, network.id, {
		container: container.id,
		name: network.name,
		// Docker's name of the driver behind the network `none`.
		type: network.driver === "none" ? "null" : network.driver,
	});
}
