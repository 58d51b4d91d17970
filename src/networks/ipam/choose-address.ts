import { EngineError } from "../../lib/index.ts";
import { broadcastOf, type Ipv4Subnet, parseIpv4, subnetContains } from "./ipv4.ts";

export interface AddressPool {
	/** `bridge (<id>)`, for errors. */
	readonly networkName: string;
	readonly subnet: Ipv4Subnet;
	readonly gateway: number;
	readonly taken: ReadonlySet<number>;
}

/**
 * The address for a new endpoint: the requested one, else the lowest free one, as Docker does. Never the network's,
 * the gateway's or the broadcast address. Errors, in Docker's words: `invalid_argument` outside of the subnet,
 * `forbidden` when it is in use, `unavailable` when none is left.
 */
export function chooseAddress(pool: AddressPool, requested?: string): number {
	return requested === undefined ? lowestFree(pool) : checkRequested(pool, requested);
}

function lowestFree(pool: AddressPool): number {
	const broadcast = broadcastOf(pool.subnet);
	for (let address = pool.subnet.base + 1; address < broadcast; address++) {
		if (address !== pool.gateway && !pool.taken.has(address)) return address;
	}
	throw new EngineError(
		"unavailable",
		`no available IPv4 addresses on this network's address pools: ${pool.networkName}`,
	);
}

function checkRequested(pool: AddressPool, requested: string): number {
	const address = parseIpv4(requested);
	if (address === undefined) throw new EngineError("invalid_argument", `invalid IPv4 address: ${requested}`);
	const reserved = address === pool.subnet.base || address === broadcastOf(pool.subnet);
	if (reserved || !subnetContains(pool.subnet, address)) {
		throw new EngineError(
			"invalid_argument",
			`invalid address ${requested}: It does not belong to any of this network's subnets`,
		);
	}
	if (address === pool.gateway || pool.taken.has(address))
		throw new EngineError("forbidden", "Address already in use");
	return address;
}
