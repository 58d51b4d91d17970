import { randomBytes } from "node:crypto";
import { failpoint } from "../lib/index.ts";
import type { RouteSocket } from "../sys/index.ts";
import { decodeLink, decodeRoute, getLink, getRoutes, openRouteSocket } from "../sys/index.ts";
import type { NetworksContext } from "./context.ts";
import type { NetworkRecord } from "./contract.ts";
import { ensureBridge } from "./drivers/bridge/ensure-bridge.ts";
import { bridgeOptions, bridgeSettings } from "./drivers/bridge/settings.ts";
import { chooseSubnet } from "./ipam/choose-subnet.ts";
import { type HostSubnet, hostSubnets } from "./ipam/host-subnets.ts";
import { formatIpv4, formatIpv4Subnet, type Ipv4Subnet, subnetsOverlap } from "./ipam/ipv4.ts";
import { lockSubnets } from "./ipam/lock-subnets.ts";
import { hostNameservers } from "./resolv-conf.ts";

/** Makes the records of `host`, `none` and `bridge`, and the bridge itself, as far as they are missing. */
export async function ensureDefaultNetworks(context: NetworksContext): Promise<NetworkRecord> {
	for (const name of ["host", "none"] as const) {
		if (context.networks.find(name) === undefined)
			context.networks.put({ ...emptyRecord(), name, driver: name });
	}
	const known = context.networks.find("bridge");
	if (known === undefined) return makeBridgeNetwork(context);
	warnOfOverlap(context, known);
	await ensureBridge(bridgeSettings(known));
	failpoint("networks.restore.after-bridge");
	return known;
}

/** A subnet is in use for others from the moment when the bridge has its address, so until then no other may choose. */
async function makeBridgeNetwork(context: NetworksContext): Promise<NetworkRecord> {
	using _ = await lockSubnets();
	const subnet = chooseSubnet(subnetsInUse(context));
	const network = bridgeRecord(emptyRecord(), context.identity.bridgeName, subnet);
	context.networks.put(network);
	failpoint("networks.restore.after-persist");
	await ensureBridge(bridgeSettings(network));
	failpoint("networks.restore.after-bridge");
	return network;
}

function bridgeRecord(
	record: ReturnType<typeof emptyRecord>,
	linkName: string,
	subnet: Ipv4Subnet,
): NetworkRecord {
	return {
		...record,
		name: "bridge",
		driver: "bridge",
		options: {
			[bridgeOptions.isDefault]: "true",
			[bridgeOptions.interContainer]: "true",
			[bridgeOptions.masquerade]: "true",
			[bridgeOptions.name]: linkName,
			[bridgeOptions.mtu]: String(uplinkMtu()),
		},
		subnets: [{ subnet: formatIpv4Subnet(subnet), gateway: formatIpv4(subnet.base + 1) }],
	};
}

function emptyRecord() {
	return {
		id: randomBytes(32).toString("hex"),
		createdAt: new Date().toISOString(),
		state: "ready" as const,
		internal: false,
		attachable: false,
		enableIpv4: true,
		enableIpv6: false,
		labels: {},
		options: {},
		ipamOptions: {},
		subnets: [],
	};
}

function subnetsInUse({ identity }: NetworksContext): HostSubnet[] {
	using route = openRouteSocket();
	return hostSubnets(route, { except: identity.bridgeName, nameservers: hostNameservers() });
}

/** A host that moved to another network may have a route now that the bridge hides. Changing the subnet is the user's. */
function warnOfOverlap(context: NetworksContext, network: NetworkRecord): void {
	const { subnet } = bridgeSettings(network);
	const other = subnetsInUse(context).find((candidate) => subnetsOverlap(candidate, subnet));
	if (other === undefined) return;
	context.log.warn("the subnet of a network overlaps with one that the host has a route to", {
		network: network.name,
		subnet: formatIpv4Subnet(subnet),
		other: formatIpv4Subnet(other),
	});
}

/** Larger packets than the way out takes would depend on path MTU discovery, which firewalls often break. */
function uplinkMtu(): number {
	using route = openRouteSocket();
	const index = defaultRouteLink(route);
	const uplink = route
		.dump(getLink())
		.map(decodeLink)
		.find((link) => link.index === index);
	return Math.min(1500, uplink?.mtu ?? 1500);
}

function defaultRouteLink(route: RouteSocket): number | undefined {
	return route
		.dump(getRoutes())
		.map(decodeRoute)
		.find((found) => found?.prefixLength === 0)?.linkIndex;
}
