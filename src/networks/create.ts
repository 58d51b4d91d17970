import { randomBytes } from "node:crypto";
import { abortable, EngineError, failpoint } from "../lib/index.ts";
import { type Link, openRouteSocket } from "../sys/index.ts";
import type { NetworksContext } from "./context.ts";
import type { CreateNetworkRequest, NetworkRecord } from "./contract.ts";
import { findLink } from "./drivers/bridge/ensure-bridge.ts";
import { ensureLink, linkNameOf } from "./drivers/network-link.ts";
import { checkNetworkEgress } from "./egress/change.ts";
import { ensureForwarding } from "./firewall/forwarding.ts";
import { hostSubnets } from "./ipam/host-subnets.ts";
import { lockSubnets } from "./ipam/lock-subnets.ts";
import { planNetwork } from "./plan-network.ts";
import { unmakeNetwork } from "./remove.ts";
import { hostNameservers } from "./resolv-conf.ts";
import { uplinkMtu } from "./uplink-mtu.ts";

/**
 * Makes a network of a user's. Its name and subnets are its own from "after-persist" on.
 *
 * On disk after a kill: before "after-persist" nothing; until "ready" a record in the state `creating`, and perhaps its
 * link and rules, all of which the next `restore` takes away.
 */
export async function createNetwork(
	context: NetworksContext,
	request: CreateNetworkRequest,
	signal?: AbortSignal,
): Promise<NetworkRecord> {
	await using undo = new AsyncDisposableStack();
	const planned = await makeLinkOf(context, request, { undo, signal });
	// Before packets are forwarded for it: a network without rules would be open to the host's neighbours.
	await context.firewall.apply();
	failpoint("networks.create.after-rules");
	for (const family of [4, 6] as const) {
		const isEnabled = family === 4 ? planned.enableIpv4 : planned.enableIpv6;
		if (isEnabled) ensureForwarding(context.log, family);
	}
	await abortable(Promise.resolve(), signal);
	const network = { ...planned, state: "ready" as const };
	context.networks.put(network);
	undo.move();
	return network;
}

/** A subnet is in use for other engines from the moment when a link has its address, so until then none may choose. */
async function makeLinkOf(
	context: NetworksContext,
	request: CreateNetworkRequest,
	how: { readonly undo: AsyncDisposableStack; readonly signal: AbortSignal | undefined },
): Promise<NetworkRecord> {
	using _ = await lockSubnets();
	const network = await adoptLink(planNetwork(request, lookAround(context)));
	checkNetworkEgress(network);
	await abortable(Promise.resolve(), how.signal);
	context.networks.put(network);
	how.undo.defer(() => unmakeNetwork(context, network));
	failpoint("networks.create.after-persist");
	await ensureLink(network);
	failpoint("networks.create.after-link");
	return network;
}

function lookAround(context: NetworksContext) {
	using route = openRouteSocket();
	return {
		id: randomBytes(32).toString("hex"),
		createdAt: new Date().toISOString(),
		networks: context.networks.all(),
		hostSubnets: hostSubnets(route, { nameservers: hostNameservers() }),
		// As old as the engine, random, and kept.
		engineId: context.networks.find("host")!.id,
		mtu: uplinkMtu(route),
	};
}

/** A link that is there already is used, as Docker does. Errors: `conflict` when a bridge is wanted and it is none. */
async function adoptLink(network: NetworkRecord): Promise<NetworkRecord> {
	const link = await existingLink(linkNameOf(network));
	if (link === undefined) return network;
	if (network.driver !== "bridge" || link.kind === "bridge") return { ...network, adoptsLink: true };
	throw new EngineError("conflict", `existing interface ${link.name} is not a bridge`);
}

async function existingLink(name: string): Promise<Link | undefined> {
	using route = openRouteSocket();
	return await findLink(route, name);
}
