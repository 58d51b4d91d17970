import { randomBytes } from "node:crypto";
import { EngineError } from "../lib/index.ts";
import type { NetworksContext } from "./context.ts";
import type { Endpoint, EndpointRequest, NetworkRecord } from "./contract.ts";
import { bridgeOptions } from "./drivers/bridge/options.ts";
import { bridgeSettings } from "./drivers/bridge/settings.ts";
import { type Address, type AddressFamily, formatAddress, parseAddress } from "./ipam/address.ts";
import { chooseAddress } from "./ipam/choose-address.ts";
import { type Pool, poolOf } from "./ipam/pool.ts";
import { macAddressFor, parseMacAddress } from "./mac-address.ts";

export interface EndpointPlan {
	readonly request: EndpointRequest;
	/** What the container had here in a run that ended unseen. */
	readonly previous: Endpoint | undefined;
	readonly interfaceName: string;
	/** Name of the link on the host when it has one already; else it is made up. */
	readonly hostInterface?: string;
}

/** Chooses what a new endpoint has; takes nothing yet. Errors as of `connect`. */
export function newEndpoint(context: NetworksContext, network: NetworkRecord, plan: EndpointPlan): Endpoint {
	const { request } = plan;
	checkAddressRequest(network, request);
	const id = randomBytes(32).toString("hex");
	const four = familyOf(context, network, { plan, family: 4 });
	const six = familyOf(context, network, { plan, family: 6 });
	return {
		id,
		networkId: network.id,
		networkName: network.name,
		containerId: request.containerId,
		macAddress: macAddressOf(request, four.chosen ?? six.chosen),
		ipv4Address: four.address,
		ipv4PrefixLength: four.prefixLength,
		ipv4Gateway: four.gateway,
		ipv6Address: six.address,
		ipv6PrefixLength: six.prefixLength,
		ipv6Gateway: six.gateway,
		hostInterface: plan.hostInterface ?? hostInterfaceFor(network, id),
		interfaceName: plan.interfaceName,
		linkLocalAddresses: (request.linkLocalAddresses ?? []).map(checkLinkLocal),
		names: request.names ?? [],
		gatewayPriority: request.gatewayPriority ?? 0,
		egress: request.egress ?? "",
	};
}

/** Names of links have at most 15 characters. A macvlan has no end on the host. */
function hostInterfaceFor(network: NetworkRecord, id: string): string {
	return network.driver === "bridge" ? `veth${id.slice(0, 11)}` : "";
}

function macAddressOf({ macAddress }: EndpointRequest, address: Address | undefined): string {
	if (address === undefined) return "";
	return macAddress === undefined ? macAddressFor(address) : parseMacAddress(macAddress);
}

const nothing = { chosen: undefined, address: "", prefixLength: 0, gateway: "" };

function familyOf(
	context: NetworksContext,
	network: NetworkRecord,
	how: { readonly plan: EndpointPlan; readonly family: AddressFamily },
) {
	const { family, plan } = how;
	const pool = poolOf(network, family);
	const requested = family === 4 ? plan.request.ipv4Address : plan.request.ipv6Address;
	if (pool === undefined) {
		if (requested === undefined) return nothing;
		throw new EngineError(
			"invalid_argument",
			`invalid address ${requested}: It does not belong to any of this network's subnets`,
		);
	}
	const taken = context.endpoints.takenAddresses(network.id, family);
	const former = parseAddress((family === 4 ? plan.previous?.ipv4Address : plan.previous?.ipv6Address) ?? "");
	// Given back a moment ago by ourselves, but another container may have been faster.
	const keeps = requested === undefined && former !== undefined && !taken.has(former.value);
	const chosen = keeps
		? former
		: chooseAddress({ ...parts(pool), networkName: `${network.name} (${network.id})`, taken }, requested);
	return {
		chosen,
		address: formatAddress(chosen),
		prefixLength: pool.subnet.prefixLength,
		gateway: hasWayOut(network, family) && pool.gateway !== undefined ? formatAddress(pool.gateway) : "",
	};
}

function parts({ subnet, range, reserved }: Pool) {
	return { subnet, reserved, ...(range === undefined ? {} : { range }) };
}

function hasWayOut(network: NetworkRecord, family: AddressFamily): boolean {
	if (network.internal) return false;
	return network.driver !== "bridge" || bridgeSettings(network).gatewayMode[family] !== "isolated";
}

function checkAddressRequest(network: NetworkRecord, request: EndpointRequest): void {
	const isDefault = network.subnets.length === 0 || network.options[bridgeOptions.isDefault] === "true";
	const isAsked = request.ipv4Address !== undefined || request.ipv6Address !== undefined;
	if (isAsked && isDefault) {
		throw new EngineError(
			"invalid_argument",
			"user specified IP address is supported on user defined networks only",
		);
	}
}

function checkLinkLocal(text: string): string {
	const address = parseAddress(text);
	if (address !== undefined) return formatAddress(address);
	throw new EngineError("invalid_argument", `invalid link local IP address: ${text}`);
}
