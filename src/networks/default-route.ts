import type { NetworksContext } from "./context.ts";
import type { Endpoint } from "./contract.ts";
import { type Address, type AddressFamily, parseAddress } from "./ipam/address.ts";

/** The gateways that the sandbox's default routes go to by way of this endpoint, at most one of each address family. */
export function defaultGateways(context: NetworksContext, endpoint: Endpoint): Address[] {
	return ([4, 6] as const)
		.filter((family) => defaultEndpoint(context, endpoint.containerId, family)?.id === endpoint.id)
		.map((family) => parseAddress(gatewayOf(endpoint, family))!);
}

/**
 * The endpoint that a container's default route of a family goes through: of those with a gateway the one of the highest
 * priority, among equals the first in the order of their networks' names, as with Docker.
 */
function defaultEndpoint(
	context: NetworksContext,
	containerId: string,
	family: AddressFamily,
): Endpoint | undefined {
	return context.endpoints
		.ofContainer(containerId)
		.filter((endpoint) => gatewayOf(endpoint, family) !== "")
		.sort(byPreference)[0];
}

function byPreference(one: Endpoint, other: Endpoint): number {
	if (one.gatewayPriority !== other.gatewayPriority) return other.gatewayPriority - one.gatewayPriority;
	return one.networkName < other.networkName ? -1 : 1;
}

function gatewayOf(endpoint: Endpoint, family: AddressFamily): string {
	return family === 4 ? endpoint.ipv4Gateway : endpoint.ipv6Gateway;
}
