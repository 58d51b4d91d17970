import { failpoint } from "../lib/index.ts";
import type { NetworksContext } from "./context.ts";
import type { Endpoint } from "./contract.ts";
import { ensureDefaultNetworks } from "./default-networks.ts";
import { giveBack } from "./disconnect.ts";
import { ensureForwarding } from "./firewall/forwarding.ts";
import { listLinks, removeStrays, replugAll } from "./links.ts";
import { ensureLinks } from "./mend.ts";
import { unmakeNetwork } from "./remove.ts";
import { warnOfOverlaps } from "./warn-of-overlaps.ts";

/**
 * Brings kernel and records together, whatever a daemon that died, a reboot or somebody else left of them. Everything
 * here can be done again and is, from the start, after a kill in the middle:
 *
 * - networks that were being made or removed are taken away, with their links;
 * - the default networks' records, the bridges with their addresses, and the rules are made where they are missing;
 * - endpoints of containers that do not run, and of links that are gone, are given back;
 * - a running container's link is left alone; when the bridge had to be made again, it becomes a port of the new one,
 *   and when a disconnect had begun to take it away, it is put into service again;
 * - a port of a bridge without an endpoint was on its way out if it is down, and is deleted. One that is up may
 *   belong to a running container whose record could not be read: it stays, and is reported.
 */
export async function restore(context: NetworksContext, live: ReadonlySet<string>): Promise<void> {
	await removeUnfinished(context);
	await ensureDefaultNetworks(context);
	warnOfOverlaps(context);
	const networks = await ensureLinks(context);
	await context.firewall.apply();
	await context.egress.restore();
	// Only now: forwarding without the rules would open every container to the host's neighbours.
	ensureForwarding(context.log, 4);
	if (networks.some(({ enableIpv6 }) => enableIpv6)) ensureForwarding(context.log, 6);
	failpoint("networks.restore.after-rules");

	const links = listLinks();
	for (const endpoint of context.endpoints.all()) {
		const isAlive = live.has(endpoint.containerId) && isInPlace(endpoint, links);
		if (!isAlive) await giveBack(context, endpoint);
	}
	await replugAll(context, networks, links);
	await removeStrays(context, networks, links);
	await context.egress.apply();
}

async function removeUnfinished(context: NetworksContext): Promise<void> {
	const unfinished = context.networks.all().filter(({ state }) => state !== "ready");
	for (const network of unfinished) {
		for (const endpoint of context.endpoints.ofNetwork(network.id)) await giveBack(context, endpoint);
		await unmakeNetwork(context, network);
	}
}

function isInPlace({ hostInterface }: Endpoint, links: ReadonlyMap<string, unknown>): boolean {
	return hostInterface === "" || links.has(hostInterface);
}
