import { EngineError, errnoOf } from "../../lib/index.ts";
import {
	addAddress,
	decodeLink,
	getLink,
	type Message,
	type RouteSocket,
	replaceRoute,
	setLink,
	writeSysctl,
} from "../../sys/index.ts";
import type { Endpoint } from "../contract.ts";
import { type Address, addressBits, addressBytes, parseAddress } from "../ipam/address.ts";
import { parseSubnet, subnetContains, subnetOf } from "../ipam/subnet.ts";
import { broadcastFor } from "./broadcast.ts";
import type { InterfaceSysctl } from "./endpoint-options.ts";
import { waitForLocalRoute } from "./wait-for-local-route.ts";

/** A network namespace that an interface is put into. */
export interface NamespacePlug {
	readonly namespaceFd: number;
	/** A conversation inside of the namespace. */
	readonly inside: RouteSocket;
	/** Name of the interface in the namespace: `eth0`. */
	readonly interfaceName: string;
	/** Default routes that go through it, at most one of each address family. */
	readonly gateways: readonly Address[];
	readonly sysctls: readonly InterfaceSysctl[];
}

/** Gives an interface that is in its namespace, down, its addresses and routes and brings it up. */
export async function configureInside(endpoint: Endpoint, plug: NamespacePlug): Promise<void> {
	setIpv6(endpoint, plug);
	const [answer] = await plug.inside.requestInBackground([getLink(plug.interfaceName)]);
	const { index } = decodeLink(answer!);
	await plug.inside.requestInBackground([
		setLink({ index, up: true }),
		...addressesOf(endpoint).map((address) => addAddress({ linkIndex: index, ...address })),
		...plug.gateways.map((gateway) => defaultRoute(gateway, index)),
	]);
	for (const { address } of addressesOf(endpoint)) await waitForLocalRoute(plug.inside, address);
	// Now that nothing of the above changes them any more.
	for (const sysctl of plug.sysctls) applySysctl(plug, sysctl);
}

export function defaultRoute(gateway: Address, linkIndex: number): Message {
	const destination = new Uint8Array(0);
	return replaceRoute({ destination, prefixLength: 0, gateway: addressBytes(gateway), linkIndex });
}

/**
 * Before it is up: a network without IPv6 must not give link-local addresses. With IPv6, addresses come from the engine
 * alone, not from what a neighbour advertises, and can be used at once.
 */
function setIpv6({ ipv6Address, linkLocalAddresses }: Endpoint, plug: NamespacePlug): void {
	const set = (name: string, value: string) =>
		writeSysctl(`net/ipv6/conf/${plug.interfaceName}/${name}`, value, plug.namespaceFd);
	const hasIpv6 = ipv6Address !== "" || linkLocalAddresses.some((address) => address.includes(":"));
	if (hasIpv6) {
		set("accept_ra", "0");
		set("accept_dad", "0");
	}
	set("disable_ipv6", hasIpv6 ? "0" : "1");
}

function addressesOf(endpoint: Endpoint) {
	const { ipv4Address, ipv4PrefixLength, ipv6Address, ipv6PrefixLength } = endpoint;
	return [
		...addressOf(ipv4Address, ipv4PrefixLength),
		...addressOf(ipv6Address, ipv6PrefixLength),
		...endpoint.linkLocalAddresses.flatMap((text) => addressOf(text, linkLocalPrefix(text))),
	];
}

function addressOf(text: string, prefixLength: number) {
	const address = parseAddress(text);
	if (address === undefined) return [];
	const subnet = subnetOf(address, prefixLength);
	return [{ address: addressBytes(address), prefixLength, ...broadcastFor(subnet) }];
}

const ipv4LinkLocal = parseSubnet("169.254.0.0/16")!;

/** The prefix length of an address that holds on a link alone: of the whole link, where the family has such a range. */
export function linkLocalPrefix(text: string): number {
	const address = parseAddress(text)!;
	if (address.family === 6) return 64;
	return subnetContains(ipv4LinkLocal, address) ? 16 : addressBits(4);
}

function applySysctl(plug: NamespacePlug, { path, value }: InterfaceSysctl): void {
	const name = path(plug.interfaceName);
	try {
		if (writeSysctl(name, value, plug.namespaceFd)) return;
	} catch (cause) {
		const message = `sysctl ${name} cannot be set to ${JSON.stringify(value)}: ${errnoOf(cause)}`;
		throw new EngineError("invalid_argument", message, { cause });
	}
	throw new EngineError("invalid_argument", `sysctl ${name} does not exist in this kernel`);
}
