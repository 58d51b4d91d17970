import { randomBytes } from "node:crypto";
import { abortable, EngineError, failpoint } from "../lib/index.ts";
import { openRouteSocket } from "../sys/index.ts";
import type { NetworksContext } from "./context.ts";
import type { Endpoint, EndpointRequest, NetworkPlug, NetworkRecord, TapCard } from "./contract.ts";
import { giveBack } from "./disconnect.ts";
import { configureLink, makeLink, nextInterface, plugTap } from "./drivers/bridge/plug.ts";
import { bridgeOptions, bridgeSettings } from "./drivers/bridge/settings.ts";
import { findNetwork } from "./find-network.ts";
import { chooseAddress } from "./ipam/choose-address.ts";
import { formatIpv4, parseIpv4 } from "./ipam/ipv4.ts";
import { macAddressFor, parseMacAddress } from "./mac-address.ts";

/**
 * Puts a container on a network. A container that is on it already, from a run that ended unseen, keeps its address
 * and gets a new link.
 *
 * On disk after a kill: before "after-persist" nothing; from then on the endpoint, and perhaps a link named
 * after it. The next `restore` deletes both, unless the container turns out to be running with the link in place:
 * then it was plugged in completely but for the answer.
 */
export async function connect(
	context: NetworksContext,
	plug: NetworkPlug | undefined,
	request: EndpointRequest,
	signal?: AbortSignal,
): Promise<Endpoint> {
	const network = findNetwork(context.networks.all(), request.networkId);
	checkPlug(network, plug);
	const previous = context.endpoints.ofContainer(request.containerId, network.id)[0];
	if (previous !== undefined) await giveBack(context, previous);
	await abortable(Promise.resolve(), signal);

	await using undo = new AsyncDisposableStack();
	const tap = plug?.kind === "tap" && network.driver === "bridge" ? { plug, card: plug.claim() } : undefined;
	if (tap !== undefined) undo.defer(() => tap.plug.release(tap.card));
	const endpoint = withTap(newEndpoint(context, network, { request, previous }), tap?.card);
	context.endpoints.put(endpoint);
	undo.defer(() => giveBack(context, endpoint));
	failpoint("networks.connect.after-persist");
	if (network.driver === "bridge" && plug?.kind === "netns")
		await plugIn(context, network, { endpoint, namespaceFd: plug.fd, signal });
	if (tap !== undefined) await plugTap(bridgeSettings(network), endpoint, tap);
	undo.move();
	return endpoint;
}

function checkPlug(network: NetworkRecord, plug: NetworkPlug | undefined): void {
	if (network.driver === "host") {
		if (plug === undefined) return;
		throw new EngineError(
			"invalid_argument",
			`a sandbox with a network of its own cannot be connected to the network ${network.name}`,
		);
	}
	if (plug === undefined) {
		throw new EngineError(
			"invalid_argument",
			`a sandbox with the host's network cannot be connected to the network ${network.name}`,
		);
	}
}

function newEndpoint(
	context: NetworksContext,
	network: NetworkRecord,
	how: { readonly request: EndpointRequest; readonly previous: Endpoint | undefined },
): Endpoint {
	const base: Endpoint = {
		id: randomBytes(32).toString("hex"),
		networkId: network.id,
		networkName: network.name,
		containerId: how.request.containerId,
		macAddress: "",
		ipv4Address: "",
		ipv4PrefixLength: 0,
		ipv4Gateway: "",
		ipv6Address: "",
		ipv6PrefixLength: 0,
		ipv6Gateway: "",
		hostInterface: "",
		interfaceName: "",
		names: how.request.names ?? [],
		gatewayPriority: how.request.gatewayPriority ?? 0,
	};
	checkAddressRequest(network, how.request);
	if (network.driver !== "bridge") return base;
	const { subnet, gateway } = bridgeSettings(network);
	const address = chooseAddressFor(context, network, how);
	return {
		...base,
		macAddress:
			how.request.macAddress === undefined ? macAddressFor(address) : parseMacAddress(how.request.macAddress),
		ipv4Address: formatIpv4(address),
		ipv4PrefixLength: subnet.prefixLength,
		ipv4Gateway: formatIpv4(gateway),
		// Names of links have at most 15 characters.
		hostInterface: `veth${base.id.slice(0, 11)}`,
	};
}

/** A machine's link has the name that its maker gave it. */
function withTap(endpoint: Endpoint, card: TapCard | undefined): Endpoint {
	return card === undefined ? endpoint : { ...endpoint, hostInterface: card.linkName };
}

function checkAddressRequest(network: NetworkRecord, request: EndpointRequest): void {
	if (request.ipv6Address !== undefined)
		throw new EngineError("not_implemented", `network ${network.name}: IPv6 addresses are not supported yet`);
	const isDefault = network.driver !== "bridge" || network.options[bridgeOptions.isDefault] === "true";
	if (request.ipv4Address !== undefined && isDefault) {
		throw new EngineError(
			"invalid_argument",
			"user specified IP address is supported on user defined networks only",
		);
	}
}

function chooseAddressFor(
	context: NetworksContext,
	network: NetworkRecord,
	how: { readonly request: EndpointRequest; readonly previous: Endpoint | undefined },
): number {
	const { subnet, gateway } = bridgeSettings(network);
	const taken = context.endpoints.takenAddresses(network.id);
	const pool = { networkName: `${network.name} (${network.id})`, subnet, gateway, taken };
	// Given back a moment ago by ourselves, but another container may have been faster.
	const former = how.previous === undefined ? undefined : parseIpv4(how.previous.ipv4Address);
	if (how.request.ipv4Address === undefined && former !== undefined && !taken.has(former)) return former;
	return chooseAddress(pool, how.request.ipv4Address);
}

async function plugIn(
	context: NetworksContext,
	network: NetworkRecord,
	how: {
		readonly endpoint: Endpoint;
		readonly namespaceFd: number;
		readonly signal: AbortSignal | undefined;
	},
): Promise<void> {
	const settings = bridgeSettings(network);
	using inside = openRouteSocket(how.namespaceFd);
	let next = nextInterface(inside);
	if (!next.isDefaultRoute) {
		// The namespace may still have the interface of an endpoint that was just given back.
		await context.removal.settle();
		next = nextInterface(inside);
	}
	const plug = { ...next, inside, namespaceFd: how.namespaceFd };
	await makeLink(settings, how.endpoint, plug);
	failpoint("networks.connect.after-link");
	await abortable(Promise.resolve(), how.signal);
	await configureLink(settings, how.endpoint, plug);
	failpoint("networks.connect.after-address");
	await abortable(Promise.resolve(), how.signal);
}
