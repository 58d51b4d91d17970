import { EngineError, failpoint } from "../lib/index.ts";
import type { NetworksContext } from "./context.ts";
import type { NetworkRecord } from "./contract.ts";
import { linkNameOf } from "./drivers/network-link.ts";
import { findNetwork } from "./find-network.ts";

/**
 * Removes a network of a user's. From its record's `removing` on no container can be connected; a daemon that finds it
 * so finishes the removal.
 */
export async function removeNetwork(context: NetworksContext, reference: string): Promise<NetworkRecord> {
	const network = findNetwork(context.networks.all(), reference);
	checkUnused(context, network);
	context.networks.put({ ...network, state: "removing" });
	failpoint("networks.remove.after-persist");
	await unmakeNetwork(context, network);
	return network;
}

function checkUnused(context: NetworksContext, network: NetworkRecord): void {
	if (isPredefined(network)) {
		const message = `${network.name} is a pre-defined network and cannot be removed`;
		throw new EngineError("forbidden", message);
	}
	if (network.state === "creating")
		throw new EngineError("conflict", `network ${network.name} is being created`);
	if (context.endpoints.ofNetwork(network.id).length === 0) return;
	throw new EngineError(
		"forbidden",
		`error while removing network: network ${network.name} id ${network.id} has active endpoints`,
	);
}

/** One of the three that are always there. */
export function isPredefined({ name }: NetworkRecord): boolean {
	return name === "bridge" || name === "host" || name === "none";
}

/**
 * Takes a network's link and rules away, and its record last, whatever there is of them. The link goes first: without
 * rules it would be open to the host's neighbours.
 */
export async function unmakeNetwork(context: NetworksContext, network: NetworkRecord): Promise<void> {
	context.networks.put({ ...network, state: "removing" });
	await removeLink(context, network);
	failpoint("networks.remove.after-link");
	await context.firewall.apply();
	failpoint("networks.remove.after-rules");
	context.networks.delete(network.id);
}

/** A link that was there before the network stays. */
export async function removeLink(context: NetworksContext, network: NetworkRecord): Promise<void> {
	if (network.adoptsLink) return;
	const linkName = linkNameOf(network);
	await context.removal.remove(linkName);
	await context.removal.finish(linkName);
}
