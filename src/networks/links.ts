import { decodeLink, getLink, isolatePort, type Link, openRouteSocket, setLink } from "../sys/index.ts";
import type { NetworksContext } from "./context.ts";
import type { NetworkRecord } from "./contract.ts";
import { type BridgeSettings, bridgeSettings } from "./drivers/bridge/settings.ts";
import { waitForCarrier } from "./drivers/bridge/wait-for-carrier.ts";

/** The host's links by name. */
export function listLinks(): Map<string, Link> {
	using route = openRouteSocket();
	return new Map(
		route
			.dump(getLink())
			.map(decodeLink)
			.map((link) => [link.name, link]),
	);
}

/** Makes every endpoint's link a port of its network's bridge again that is none, or is down. */
export async function replugAll(
	context: NetworksContext,
	networks: readonly NetworkRecord[],
	links: ReadonlyMap<string, Link>,
): Promise<void> {
	for (const network of networks) {
		const settings = bridgeSettings(network);
		const bridge = links.get(settings.linkName);
		if (bridge === undefined) continue;
		const loose = context.endpoints
			.ofNetwork(network.id)
			.map(({ hostInterface }) => links.get(hostInterface))
			.filter((link) => link !== undefined)
			.filter((link) => !(link.up && link.master === bridge.index));
		await replug(settings, bridge, loose);
	}
}

async function replug(settings: BridgeSettings, bridge: Link, loose: readonly Link[]): Promise<void> {
	using route = openRouteSocket();
	await route.requestInBackground(
		loose.flatMap(({ index }) => [
			setLink({ index, master: bridge.index }),
			...(settings.interContainer ? [] : [isolatePort(index)]),
			setLink({ index, up: true }),
		]),
	);
	await Promise.all(
		loose.map(async (link) => {
			using host = openRouteSocket();
			await waitForCarrier(host, link.name, settings.linkName);
		}),
	);
}

/** Deletes ports of the bridges that are no endpoint's, and are down; reports those that are up. */
export async function removeStrays(
	context: NetworksContext,
	networks: readonly NetworkRecord[],
	links: ReadonlyMap<string, Link>,
): Promise<void> {
	const known = new Set(context.endpoints.all().map(({ hostInterface }) => hostInterface));
	// A bridge that was there before the network may well have ports of others.
	const bridges = networks.filter(({ adoptsLink }) => !adoptsLink).map(bridgeSettings);
	const masters = new Set(bridges.map(({ linkName }) => links.get(linkName)?.index));
	const strays = [...links.values()].filter(({ master, name }) => masters.has(master) && !known.has(name));
	for (const { name, up, kind } of strays) {
		if (kind === "veth" && !up) await context.removal.remove(name);
		else if (!context.removal.isWaiting(name))
			context.log.warn("a port of the bridge belongs to no known container", { link: name });
	}
}
