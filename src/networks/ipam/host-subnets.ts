import {
	decodeAddress,
	decodeLink,
	decodeRoute,
	getAddresses,
	getLink,
	getRoutes,
	type RouteSocket,
} from "../../sys/index.ts";
import { addressBits, addressFromBytes, parseAddress } from "./address.ts";
import { type Subnet, subnetOf } from "./subnet.ts";

/** A subnet that the host reaches without its default route, and the link that it is behind (0: unknown). */
export interface HostSubnet extends Subnet {
	readonly linkIndex: number;
}

/** What the host's routes, addresses and name servers occupy, but for what is behind the link `except`. */
export function hostSubnets(
	route: RouteSocket,
	options: { readonly except?: string; readonly nameservers: readonly string[] },
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
	return ([4, 6] as const)
		.flatMap((family) => route.dump(getRoutes(family)))
		.map(decodeRoute)
		.filter((found) => found !== undefined && found.prefixLength > 0)
		.map((found) => ({
			...subnetOf(addressFromBytes(found!.destination), found!.prefixLength),
			linkIndex: found!.linkIndex ?? 0,
		}));
}

function addressedSubnets(route: RouteSocket): HostSubnet[] {
	return route
		.dump(getAddresses())
		.map(decodeAddress)
		.map(({ address, prefixLength, linkIndex }) => ({
			...subnetOf(addressFromBytes(address), prefixLength),
			linkIndex,
		}));
}

function nameserverSubnets(nameservers: readonly string[]): HostSubnet[] {
	return nameservers
		.map(parseAddress)
		.filter((address) => address !== undefined)
		.map((address) => ({ ...subnetOf(address, addressBits(address.family)), linkIndex: 0 }));
}
