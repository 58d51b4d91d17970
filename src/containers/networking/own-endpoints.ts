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
	{ networks }: Pick<Context, "networks">,
	endpoints: readonly Endpoint[],
): Endpoint | undefined {
	const isInternal = ({ networkId }: Endpoint) => Number(networks.get(networkId).internal);
	return endpoints
		.filter(({ ipv4Address }) => ipv4Address !== "")
		.sort(
			(one, other) =>
				isInternal(one) - isInternal(other) ||
				other.gatewayPriority - one.gatewayPriority ||
				(one.networkName < other.networkName ? -1 : 1),
		)[0];
}
