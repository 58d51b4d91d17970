import type { Endpoint } from "../../networks/index.ts";
import type { Context } from "../context.ts";

/** Every endpoint that the networks' room holds for a container, whatever its record says. */
export function ownEndpoints({ networks }: Pick<Context, "networks">, containerId: string): Endpoint[] {
	return networks
		.list()
		.flatMap(({ id }) => networks.endpointsOf(id))
		.filter((endpoint) => endpoint.containerId === containerId);
}

/**
 * The endpoint whose address stands for the container where it has to be one: the one that has the default route. An
 * internal network has none and comes last.
 */
export function mainEndpoint(
	context: Pick<Context, "networks">,
	endpoints: readonly Endpoint[],
): Endpoint | undefined {
	return byPriority(
		context,
		endpoints.filter(({ ipv4Address }) => ipv4Address !== ""),
	)[0];
}

/** The endpoint that published ports lead to: on a bridge with a way out, whatever families it has. */
export function publishedEndpoint(
	context: Pick<Context, "networks">,
	endpoints: readonly Endpoint[],
): Endpoint | undefined {
	const canPublish = ({ networkId }: Endpoint) => {
		const { driver, internal } = context.networks.get(networkId);
		return driver === "bridge" && !internal;
	};
	return byPriority(context, endpoints.filter(canPublish))[0];
}

function byPriority({ networks }: Pick<Context, "networks">, endpoints: readonly Endpoint[]): Endpoint[] {
	const isInternal = ({ networkId }: Endpoint) => Number(networks.get(networkId).internal);
	return [...endpoints].sort(
		(one, other) =>
			isInternal(one) - isInternal(other) ||
			other.gatewayPriority - one.gatewayPriority ||
			(one.networkName < other.networkName ? -1 : 1),
	);
}
