import { EngineError, failpoint } from "../../lib/index.ts";
import type { NetworksContext } from "../context.ts";
import type { Endpoint, NetworkRecord } from "../contract.ts";
import { findNetwork } from "../find-network.ts";
import { cutDenied } from "./cut.ts";
import { guardedEndpoints } from "./enforcement.ts";
import { parseEgress } from "./policy.ts";

/** Refuses a container's policy that cannot be read, and one on networks whose packets the host's firewall never sees. */
export function checkEgress(policy: string, networks: readonly NetworkRecord[]): void {
	if (parseEgress(policy) === undefined) return;
	for (const network of networks) {
		if (network.driver !== "host" && network.driver !== "none") checkGuardable(network);
	}
}

/** The same for a network's policy. */
export function checkNetworkEgress(network: NetworkRecord): void {
	if (parseEgress(network.egress ?? "") !== undefined) checkGuardable(network);
}

function checkGuardable({ driver, name, adoptsLink }: NetworkRecord): void {
	if (driver !== "bridge")
		throw new EngineError(
			"not_implemented",
			`an egress policy needs a network of the driver bridge: ${name} is of the driver ${driver}`,
		);
	// A port of somebody else's may lead outside, and what passes between ports is not looked at.
	if (adoptsLink)
		throw new EngineError(
			"not_implemented",
			`an egress policy needs a bridge of the engine's own: that of the network ${name} was there before`,
		);
}

/**
 * Changes a container's policy. On disk after a kill: some of its endpoints have the new one; the container's record,
 * which is saved before, has it, and the next daemon sets it again.
 */
export async function setEgress(
	context: NetworksContext,
	containerId: string,
	policy: string,
): Promise<void> {
	const endpoints = context.endpoints.ofContainer(containerId);
	checkEgress(
		policy,
		endpoints.flatMap(({ networkId }) => context.networks.get(networkId) ?? []),
	);
	for (const endpoint of endpoints) context.endpoints.put({ ...endpoint, egress: policy });
	await context.egress.apply();
	await cutConnections(context, (endpoint) => endpoint.containerId === containerId);
}

export async function setNetworkEgress(
	context: NetworksContext,
	reference: string,
	policy: string,
): Promise<NetworkRecord> {
	const ready = context.networks.all().filter(({ state }) => state === "ready");
	const { egress: _, ...former } = findNetwork(ready, reference);
	const network = { ...former, ...(policy === "" ? {} : { egress: policy }) };
	checkNetworkEgress(network);
	context.networks.put(network);
	failpoint("networks.egress.after-persist");
	for (const endpoint of context.endpoints.ofNetwork(network.id)) context.names.changed(endpoint);
	await context.egress.apply();
	await cutConnections(context, ({ networkId }) => networkId === network.id);
	return network;
}

/** The rules hold already; what cannot be cut is reported. */
async function cutConnections(
	context: NetworksContext,
	isMeant: (endpoint: Endpoint) => boolean,
): Promise<void> {
	const guarded = guardedEndpoints(context).filter(({ endpoint }) => isMeant(endpoint));
	try {
		// It answers in order, so what it had to put into new sets is in them then.
		for (const { endpoint } of guarded) await context.names.nameOf(endpoint.containerId, "0.0.0.0");
		await cutDenied(guarded, context.identity.egressTable);
	} catch (error) {
		context.log.warn("connections that a new egress policy denies could not be cut", { error });
	}
}
