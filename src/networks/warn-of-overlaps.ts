import { decodeLink, getLink, openRouteSocket } from "../sys/index.ts";
import type { NetworksContext } from "./context.ts";
import { bridgeSettings } from "./drivers/bridge/settings.ts";
import { hostSubnets } from "./ipam/host-subnets.ts";
import { poolsOf } from "./ipam/pool.ts";
import { formatSubnet, subnetsOverlap } from "./ipam/subnet.ts";
import { hostNameservers } from "./resolv-conf.ts";

/** A host that moved to another network may have a route now that a bridge hides. Changing the subnet is the user's. */
export function warnOfOverlaps(context: NetworksContext): void {
	using route = openRouteSocket();
	const indexes = new Map(
		route
			.dump(getLink())
			.map(decodeLink)
			.map(({ name, index }) => [name, index]),
	);
	const host = hostSubnets(route, { nameservers: hostNameservers() });
	for (const network of context.networks.all().filter(({ driver }) => driver === "bridge")) {
		const ownIndex = indexes.get(bridgeSettings(network).linkName);
		for (const { subnet } of poolsOf(network)) {
			const other = host.find((found) => found.linkIndex !== ownIndex && subnetsOverlap(found, subnet));
			if (other === undefined) continue;
			context.log.warn("the subnet of a network overlaps with one that the host has a route to", {
				network: network.name,
				subnet: formatSubnet(subnet),
				other: formatSubnet(other),
			});
		}
	}
}
