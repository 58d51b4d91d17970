import {
	decodeAddress,
	decodeLink,
	decodeRoute,
	getAddresses,
	getLink,
	getRoutes,
	type RouteSocket,
} from "../../sys/index.ts";
import { type Ipv4Subnet, ipv4FromBytes, parseIpv4, subnetOf } from "./ipv4.ts";

/** A subnet that the host reaches without its default route, and the link that it is behind (0: unknown). */
export interface HostSubnet extends Ipv4Subnet {
	readonly linkIndex: number;
}

/** What the host's routes, addresses and name servers occupy, but for what is behind the link `except`. */
export function hostSubnets(
	route: RouteSocket,
	options: { readonly except: string; readonly nameservers: readonly string[] },
): HostSubnet[] {
	const links = route.dump(getLink()).map(decodeLink);
	const exceptIndex = links.find(({ name }) => name === options.except)?.index;
	return [
		...routedSubnets(route),
		...addressedSubnets(route),
		...nameserverSubnets(options.nameservers),
	].filter(({ linkIndex }) => exceptIndex === undefined || linkIndex !== exceptIndex);
}

function routedSubnets(route: RouteSocket): HostSubnet[] {
	return route
		.dump(getRoutes())
		.map(decodeRoute)
		.filter((found) => found !== undefined && found.prefixLength > 0)
		.map((found) => ({
			...subnetOf(ipv4FromBytes(found!.destination), found!.prefixLength),
			linkIndex: found!.linkIndex ?? 0,
		}));
}

function addressedSubnets(route: RouteSocket): HostSubnet[] {
	return route
		.dump(getAddresses())
		.map(decodeAddress)
		.filter(({ address }) => address.length === 4)
		.map(({ address, prefixLength, linkIndex }) => ({
			...subnetOf(ipv4FromBytes(address), prefixLength),
			linkIndex,
		}));
}

function nameserverSubnets(nameservers: readonly string[]): HostSubnet[] {
	return nameservers
		.map(parseIpv4)
		.filter((address) => address !== undefined)
		.map((address) => ({ ...subnetOf(address, 32), linkIndex: 0 }));
}
