import { abortable, EngineError, failpoint } from "../lib/index.ts";
import { openRouteSocket } from "../sys/index.ts";
import { configureCard } from "./configure-card.ts";
import type { NetworksContext } from "./context.ts";
import type { Endpoint, EndpointRequest, NetworkPlug, NetworkRecord, TapPlug } from "./contract.ts";
import { defaultGateways } from "./default-route.ts";
import { giveBack } from "./disconnect.ts";
import { configureLink, makeLink, plugTap } from "./drivers/bridge/plug.ts";
import { bridgeSettings } from "./drivers/bridge/settings.ts";
import { waitForCarrier } from "./drivers/bridge/wait-for-carrier.ts";
import type { NamespacePlug } from "./drivers/configure-inside.ts";
import { type EndpointOptions, parseEndpointOptions } from "./drivers/endpoint-options.ts";
import { makeMacvlan } from "./drivers/macvlan/plug.ts";
import { macvlanSettings } from "./drivers/macvlan/settings.ts";
import { checkEgress } from "./egress/change.ts";
import { findNetwork } from "./find-network.ts";
import { chooseInterfaceName } from "./interface-name.ts";
import { newEndpoint } from "./new-endpoint.ts";
import { reroute } from "./reroute.ts";

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
	const network = findReady(context, request.networkId);
	checkPlug(network, plug);
	checkEgress(request.egress ?? "", [network]);
	const options = parseEndpointOptions(request.driverOptions ?? {});
	const previous = context.endpoints.ofContainer(request.containerId, network.id)[0];
	if (previous !== undefined) await giveBack(context, previous);
	await abortable(Promise.resolve(), signal);

	const how = { request, previous, options, signal };
	if (plug === undefined || network.subnets.length === 0)
		return take(context, network, { ...how, interfaceName: "" });
	return plug.kind === "tap"
		? await connectMachine(context, network, { ...how, plug })
		: await connectNamespace(context, network, { ...how, namespaceFd: plug.fd });
}

interface Connecting {
	readonly request: EndpointRequest;
	readonly previous: Endpoint | undefined;
	readonly options: EndpointOptions;
	readonly signal: AbortSignal | undefined;
}

/** Networks that are being made or removed are not there for containers. */
function findReady(context: NetworksContext, reference: string): NetworkRecord {
	return findNetwork(
		context.networks.all().filter(({ state }) => state === "ready"),
		reference,
	);
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

/** Takes an address, unless the network's removal has begun: then it must not get an endpoint any more. */
function take(
	context: NetworksContext,
	network: NetworkRecord,
	plan: Connecting & { readonly interfaceName: string; readonly hostInterface?: string },
): Endpoint {
	findReady(context, network.id);
	const endpoint = newEndpoint(context, network, plan);
	context.endpoints.put(endpoint);
	failpoint("networks.connect.after-persist");
	return endpoint;
}

async function connectNamespace(
	context: NetworksContext,
	network: NetworkRecord,
	how: Connecting & { readonly namespaceFd: number },
): Promise<Endpoint> {
	const { namespaceFd, signal, options } = how;
	using inside = openRouteSocket(namespaceFd);
	const interfaceName = await chooseInterfaceName(
		context,
		{ containerId: how.request.containerId, namespaceFd },
		{ prefix: interfacePrefixOf(network), requested: options.interfaceName },
	);
	await using undo = new AsyncDisposableStack();
	const endpoint = take(context, network, { ...how, interfaceName });
	undo.defer(() => giveBack(context, endpoint));
	// Before its first packet.
	await context.egress.apply();
	const gateways = defaultGateways(context, endpoint);
	const plug = { namespaceFd, inside, interfaceName, gateways, sysctls: options.sysctls };
	await plugIn(network, endpoint, { plug, signal });
	failpoint("networks.connect.after-address");
	await abortable(Promise.resolve(), signal);
	undo.move();
	return endpoint;
}

function interfacePrefixOf(network: NetworkRecord): string {
	return (network.driver === "macvlan" ? macvlanSettings(network) : bridgeSettings(network)).interfacePrefix;
}

async function plugIn(
	network: NetworkRecord,
	endpoint: Endpoint,
	how: { readonly plug: NamespacePlug; readonly signal: AbortSignal | undefined },
): Promise<void> {
	if (network.driver === "macvlan") return await makeMacvlan(macvlanSettings(network), endpoint, how.plug);
	const settings = bridgeSettings(network);
	await makeLink(settings, endpoint, how.plug);
	failpoint("networks.connect.after-link");
	await abortable(Promise.resolve(), how.signal);
	await configureLink(settings, endpoint, how.plug);
}

async function connectMachine(
	context: NetworksContext,
	network: NetworkRecord,
	how: Connecting & { readonly plug: TapPlug },
): Promise<Endpoint> {
	const { plug } = how;
	refuseForMachines(network, how.options);
	await using undo = new AsyncDisposableStack();
	const present = context.endpoints.ofContainer(how.request.containerId);
	const card = await plug.claim(new Set(present.map(({ hostInterface }) => hostInterface)));
	undo.defer(() => plug.release(card));
	const { interfaceName, linkName } = card;
	const endpoint = take(context, network, { ...how, interfaceName, hostInterface: linkName });
	undo.defer(() => giveBack(context, endpoint));
	await context.egress.apply();
	const settings = bridgeSettings(network);
	await plugTap(settings, card);
	await configureCard(context, endpoint, plug);
	using host = openRouteSocket();
	await waitForCarrier(host, linkName, settings.linkName);
	const isAlone = context.endpoints.ofContainer(endpoint.containerId).length === 1;
	if (!isAlone && defaultGateways(context, endpoint).length > 0)
		await reroute(context, endpoint.containerId, plug);
	undo.move();
	return endpoint;
}

function refuseForMachines(network: NetworkRecord, options: EndpointOptions): void {
	const refused = [
		...(network.driver === "bridge" ? [] : [`a network of the driver ${network.driver}`]),
		...(options.interfaceName === undefined ? [] : ["an interface name of one's own"]),
		...(options.sysctls.length === 0 ? [] : ["sysctls of an interface"]),
	];
	if (refused.length > 0)
		throw new EngineError("not_implemented", `isolation vm does not support ${refused.join(" and ")}`);
}
