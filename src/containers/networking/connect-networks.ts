import { isEngineError } from "../../lib/index.ts";
import type { Endpoint, NetworkRecord } from "../../networks/index.ts";
import type { Sandbox } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { relinkHosts } from "../files/network-files.ts";
import { endpointRequest } from "./endpoint-request.ts";
import { linkers } from "./linked.ts";
import { serveNames } from "./serve-names.ts";

/** Plugs a sandbox into the container's networks. Errors: as `Networks.connect`. */
export async function connectNetworks(
	context: Context,
	container: Container,
	sandbox: Sandbox,
): Promise<Endpoint[]> {
	const endpoints: Endpoint[] = [];
	for (const [name, settings] of Object.entries(container.record.endpoints)) {
		const network = context.networks.get(name);
		const request = endpointRequest(container.record, { network, settings });
		endpoints.push(await context.networks.connect(sandbox.plug, request));
		publishNetwork(context, container, { action: "connect", network });
	}
	await serveNames(context, container.record, sandbox.plug);
	for (const { by, linked } of linkers(context, container)) {
		// One that stands takes note when it goes on: the start does not wait for that.
		void relinkHosts(context, by.record, linked);
	}
	return endpoints;
}

/** Gives addresses and links back, and tells of it. Idempotent for the networks, not for the events. */
export async function disconnectNetworks(context: Context, container: Container): Promise<void> {
	await context.networks.disconnect(container.id);
	for (const name of Object.keys(container.record.endpoints)) {
		const network = findNetwork(context, name);
		if (network !== undefined) publishNetwork(context, container, { action: "disconnect", network });
	}
}

/** A network that a container's record names may have been removed while the container did not run. */
export function findNetwork(
	{ networks }: Pick<Context, "networks">,
	name: string,
): NetworkRecord | undefined {
	try {
		return networks.get(name);
	} catch (error) {
		if (isEngineError(error)) return undefined;
		throw error;
	}
}

export function publishNetwork(
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
