import { createHash } from "node:crypto";
import type { Endpoint, NetworkRecord } from "../contract.ts";
import { type EgressName, type EgressPolicy, parseEgress } from "./policy.ts";

/** One policy that an endpoint is under: its container's or its network's. All of them must allow what leaves. */
export interface EgressScope {
	/** `container`, or the network's id. */
	readonly id: string;
	readonly policy: EgressPolicy;
}

/** The name of a container's own policy among its scopes; hull-names knows it too. */
export const ownScope = "container";

export function scopesOf(
	endpoint: Pick<Endpoint, "egress">,
	network: Pick<NetworkRecord, "id" | "egress">,
): EgressScope[] {
	const own = parseEgress(endpoint.egress);
	const networks = parseEgress(network.egress ?? "");
	return [
		...(own === undefined ? [] : [{ id: ownScope, policy: own }]),
		...(networks === undefined ? [] : [{ id: network.id, policy: networks }]),
	];
}

/**
 * The beginning of the names of the two sets that hold the addresses of a name for a container; `_4` and `_6` come
 * behind it. The same for as long as the pattern is: what was resolved outlives restarts and changes of the policy.
 */
export function setStem(containerId: string, { pattern }: EgressName): string {
	const hash = createHash("sha256").update(pattern).digest("hex").slice(0, 12);
	return `n_${containerId.slice(0, 12)}_${hash}`;
}
