import { EngineError, errnoOf } from "../../../lib/index.ts";
import {
	createVethPair,
	decodeLink,
	getLink,
	isolatePort,
	openRouteSocket,
	type RouteSocket,
	setLink,
} from "../../../sys/index.ts";
import type { Endpoint, TapCard } from "../../contract.ts";
import { configureInside, type NamespacePlug } from "../configure-inside.ts";
import { ensureBridge, findLink } from "./ensure-bridge.ts";
import type { BridgeSettings } from "./settings.ts";
import { waitForCarrier } from "./wait-for-carrier.ts";

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
	const { interContainer } = settings;
	const pair = createVethPair({
		// A port that is to be kept apart must not pass anything before it is.
		host: { name: endpoint.hostInterface, mtu: settings.mtu, master: bridge.index, up: interContainer },
		peer: {
			name: plug.interfaceName,
			mtu: settings.mtu,
			macAddress: endpoint.macAddress,
			namespaceFd: plug.namespaceFd,
		},
	});
	await host.requestInBackground([pair]).catch((error) => refuseFullBridge(error, settings));
	if (!interContainer) await keepApart(host, endpoint.hostInterface);
}

async function keepApart(host: RouteSocket, linkName: string): Promise<void> {
	const [answer] = await host.requestInBackground([getLink(linkName)]);
	const { index } = decodeLink(answer!);
	await host.requestInBackground([isolatePort(index), setLink({ index, up: true })]);
}

function refuseFullBridge(error: unknown, { networkName, linkName }: BridgeSettings): never {
	if (errnoOf(error) !== "EXFULL") throw error;
	throw new EngineError(
		"unavailable",
		`network ${networkName}: the bridge ${linkName} has all the 1023 ports that the kernel allows`,
		{ cause: error },
	);
}

/** Gives the sandbox's end its addresses and routes and brings it up; when this resolves, packets pass. */
export async function configureLink(
	settings: BridgeSettings,
	endpoint: Endpoint,
	plug: NamespacePlug,
): Promise<void> {
	await configureInside(endpoint, plug);
	using host = openRouteSocket();
	await waitForCarrier(host, endpoint.hostInterface, settings.linkName);
}

/** Makes a machine's tap a port of the bridge; what the other end is, the machine is told by its plug. */
export async function plugTap(settings: BridgeSettings, card: TapCard): Promise<void> {
	using host = openRouteSocket();
	const bridge = (await findLink(host, settings.linkName)) ?? (await ensureBridge(settings));
	const tap = await findLink(host, card.linkName);
	if (tap === undefined) throw new EngineError("unavailable", `the tap ${card.linkName} is gone`);
	const { index } = tap;
	const join = setLink({ index, master: bridge.index, mtu: settings.mtu });
	await host.requestInBackground([join]).catch((error) => refuseFullBridge(error, settings));
	await host.requestInBackground([
		...(settings.interContainer ? [] : [isolatePort(index)]),
		setLink({ index, up: true }),
	]);
}
