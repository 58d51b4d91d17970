import { failpoint } from "../lib/index.ts";
import { decodeLink, getLink, type Link, openRouteSocket, setLink } from "../sys/index.ts";
import type { NetworksContext } from "./context.ts";
import type { Endpoint, NetworkRecord } from "./contract.ts";
import { ensureDefaultNetworks } from "./default-networks.ts";
import { giveBack } from "./disconnect.ts";
import { bridgeSettings } from "./drivers/bridge/settings.ts";
import { waitForCarrier } from "./drivers/bridge/wait-for-carrier.ts";
import { applyRuleset } from "./firewall/apply.ts";
import { ensureForwarding } from "./firewall/forwarding.ts";
import { ruleset } from "./firewall/ruleset.ts";

/**
 * Brings kernel and records together, whatever a daemon that died, a reboot or somebody else left of them. Everything
 * here can be done again and is, from the start, after a kill in the middle:
 *
 * - the networks' records, the bridge with its address, and the rules are made where they are missing;
 * - endpoints of containers that do not run, and of links that are gone, are given back;
 * - a running container's link is left alone; when the bridge had to be made again, it becomes a port of the new one,
 *   and when a disconnect had begun to take it away, it is put into service again;
 * - a port of the bridge without an endpoint was on its way out if it is down, and is deleted. One that is up may
 *   belong to a running container whose record could not be read: it stays, and is reported.
 */
export async function restore(context: NetworksContext, live: ReadonlySet<string>): Promise<void> {
	const bridge = await ensureDefaultNetworks(context);
	const comment = `hull, data root ${context.dataRoot}`;
	await applyRuleset(ruleset(context.identity.tableName, comment, [bridgeSettings(bridge)]));
	// Only now: forwarding without the rules would open every container to the host's neighbours.
	ensureForwarding(context.log);
	failpoint("networks.restore.after-rules");

	const links = listLinks();
	for (const endpoint of context.endpoints.all()) {
		if (!isAlive(endpoint, live, links)) await giveBack(context, endpoint);
	}
	const bridgeLink = links.get(bridgeSettings(bridge).linkName);
	await plugInAgain(context, bridge, { links, bridgeIndex: bridgeLink!.index });
	await removeStrays(context, links, bridgeLink!.index);
}

function listLinks(): Map<string, Link> {
	using route = openRouteSocket();
	return new Map(
		route
			.dump(getLink())
			.map(decodeLink)
			.map((link) => [link.name, link]),
	);
}

function isAlive(endpoint: Endpoint, live: ReadonlySet<string>, links: ReadonlyMap<string, Link>): boolean {
	if (!live.has(endpoint.containerId)) return false;
	return endpoint.hostInterface === "" || links.has(endpoint.hostInterface);
}

async function plugInAgain(
	context: NetworksContext,
	network: NetworkRecord,
	found: { readonly links: ReadonlyMap<string, Link>; readonly bridgeIndex: number },
): Promise<void> {
	const loose = context.endpoints
		.ofNetwork(network.id)
		.map(({ hostInterface }) => found.links.get(hostInterface))
		.filter((link) => link !== undefined && !(link.up && link.master === found.bridgeIndex));
	using route = openRouteSocket();
	await route.requestInBackground(
		loose.map((link) => setLink({ index: link!.index, master: found.bridgeIndex, up: true })),
	);
	const { linkName } = bridgeSettings(network);
	await Promise.all(
		loose.map(async (link) => {
			using host = openRouteSocket();
			await waitForCarrier(host, link!.name, linkName);
		}),
	);
}

async function removeStrays(
	context: NetworksContext,
	links: ReadonlyMap<string, Link>,
	bridgeIndex: number,
): Promise<void> {
	const known = new Set(context.endpoints.all().map(({ hostInterface }) => hostInterface));
	const strays = [...links.values()].filter(({ master, name }) => master === bridgeIndex && !known.has(name));
	for (const { name, up, kind } of strays) {
		if (kind === "veth" && !up) await context.removal.remove(name);
		else if (!context.removal.isWaiting(name))
			context.log.warn("a port of the bridge belongs to no known container", { link: name });
	}
}
