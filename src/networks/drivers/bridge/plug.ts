import { EngineError, errnoOf } from "../../../lib/index.ts";
import {
	addAddress,
	addRoute,
	createVethPair,
	decodeLink,
	getLink,
	openRouteSocket,
	type RouteSocket,
	setLink,
	writeSysctl,
} from "../../../sys/index.ts";
import type { Endpoint, TapCard, TapPlug } from "../../contract.ts";
import { broadcastOf, ipv4Bytes, parseIpv4 } from "../../ipam/ipv4.ts";
import { ensureBridge, findLink } from "./ensure-bridge.ts";
import type { BridgeSettings } from "./settings.ts";
import { waitForCarrier } from "./wait-for-carrier.ts";

export interface NamespacePlug {
	readonly namespaceFd: number;
	/** A conversation inside of the namespace. */
	readonly inside: RouteSocket;
	/** Name of the interface in the namespace: `eth0`. */
	readonly interfaceName: string;
	/** Whether the default route goes here. */
	readonly isDefaultRoute: boolean;
}

/** The next free name in a namespace; the first interface takes the default route. */
export function nextInterface(inside: RouteSocket): Pick<NamespacePlug, "interfaceName" | "isDefaultRoute"> {
	const names = new Set(inside.dump(getLink()).map((answer) => decodeLink(answer).name));
	let number = 0;
	while (names.has(`eth${number}`)) number++;
	return { interfaceName: `eth${number}`, isDefaultRoute: number === 0 };
}

/**
 * Makes the veth pair of an endpoint: one end a port of the bridge, the other made directly in the sandbox's namespace.
 * The pair ends with the namespace.
 */
export async function makeLink(
	settings: BridgeSettings,
	endpoint: Endpoint,
	plug: NamespacePlug,
): Promise<void> {
	using host = openRouteSocket();
	const bridge = (await findLink(host, settings.linkName)) ?? (await ensureBridge(settings));
	const pair = createVethPair({
		host: { name: endpoint.hostInterface, mtu: settings.mtu, master: bridge.index, up: true },
		peer: {
			name: plug.interfaceName,
			mtu: settings.mtu,
			macAddress: endpoint.macAddress,
			namespaceFd: plug.namespaceFd,
		},
	});
	await host.requestInBackground([pair]).catch((error) => refuseFullBridge(error, settings, endpoint));
}

function refuseFullBridge(error: unknown, settings: BridgeSettings, endpoint: Endpoint): never {
	if (errnoOf(error) !== "EXFULL") throw error;
	throw new EngineError(
		"unavailable",
		`network ${endpoint.networkName}: the bridge ${settings.linkName} has all the 1023 ports that the kernel allows`,
		{ cause: error },
	);
}

/** Makes a machine's tap a port of the bridge and tells the machine the other end's address; then packets pass. */
export async function plugTap(
	settings: BridgeSettings,
	endpoint: Endpoint,
	how: { readonly plug: TapPlug; readonly card: TapCard },
): Promise<void> {
	const { plug, card } = how;
	using host = openRouteSocket();
	const bridge = (await findLink(host, settings.linkName)) ?? (await ensureBridge(settings));
	const tap = await findLink(host, card.linkName);
	if (tap === undefined) throw new EngineError("unavailable", `the tap ${card.linkName} is gone`);
	const join = setLink({ index: tap.index, master: bridge.index, mtu: settings.mtu, up: true });
	await host.requestInBackground([join]).catch((error) => refuseFullBridge(error, settings, endpoint));
	await plug.configure(card, {
		macAddress: endpoint.macAddress,
		mtu: settings.mtu,
		addresses: [`${endpoint.ipv4Address}/${endpoint.ipv4PrefixLength}`],
		gateways: card.isDefaultRoute ? [endpoint.ipv4Gateway] : [],
	});
	await waitForCarrier(host, card.linkName, settings.linkName);
}

/** Gives the sandbox's end its address and route and brings it up; when this resolves, packets pass. */
export async function configureLink(
	settings: BridgeSettings,
	endpoint: Endpoint,
	plug: NamespacePlug,
): Promise<void> {
	// Before it is up: a network without IPv6 must not give link-local addresses.
	writeSysctl(`net/ipv6/conf/${plug.interfaceName}/disable_ipv6`, "1", plug.namespaceFd);
	const [answer] = await plug.inside.requestInBackground([getLink(plug.interfaceName)]);
	const { index } = decodeLink(answer!);
	const gateway = ipv4Bytes(settings.gateway);
	const defaultRoute = addRoute({ destination: new Uint8Array(0), prefixLength: 0, gateway });
	await plug.inside.requestInBackground([
		setLink({ index, up: true }),
		addAddress({
			linkIndex: index,
			address: ipv4Bytes(parseIpv4(endpoint.ipv4Address)!),
			prefixLength: endpoint.ipv4PrefixLength,
			broadcast: ipv4Bytes(broadcastOf(settings.subnet)),
		}),
		...(plug.isDefaultRoute ? [defaultRoute] : []),
	]);
	using host = openRouteSocket();
	await waitForCarrier(host, endpoint.hostInterface, settings.linkName);
}
