import { EngineError } from "../../lib/index.ts";
import { type Address, formatAddress, parseAddress } from "./address.ts";
import { addressAt, lastAddress, type Subnet, subnetContains } from "./subnet.ts";

/** Where a network's addresses come from, of one family. */
export interface AddressPool {
	/** `bridge (<id>)`, for errors. */
	readonly networkName: string;
	readonly subnet: Subnet;
	/** The part of the subnet from which an address is chosen that nobody asked for; all of it when left out. */
	readonly range?: Subnet;
	/** The gateway and the addresses that are somebody else's, as numbers. */
	readonly reserved: ReadonlySet<bigint>;
	readonly taken: ReadonlySet<bigint>;
}

/**
 * The address for a new endpoint: the requested one, else the lowest free one, as Docker does. Never the network's,
 * a reserved or the broadcast address. Errors, in Docker's words: `invalid_argument` outside of the subnet,
 * `forbidden` when it is in use, `unavailable` when none is left.
 */
export function chooseAddress(pool: AddressPool, requested?: string): Address {
	return requested === undefined ? lowestFree(pool) : checkRequested(pool, requested);
}

function lowestFree(pool: AddressPool): Address {
	const found = findFree(pool);
	if (found !== undefined) return found;
	throw new EngineError(
		"unavailable",
		`no available IPv${pool.subnet.family} addresses on this network's address pools: ${pool.networkName}`,
	);
}

/** As {@link chooseAddress} without a request; `undefined` when none is left. */
export function findFree(pool: Omit<AddressPool, "networkName">): Address | undefined {
	const { subnet, range = subnet } = pool;
	const last = lastAddress(range).value;
	for (let value = range.base; value <= last; value++) {
		const address: Address = { family: subnet.family, value };
		if (!isOutside(subnet, address) && !pool.reserved.has(value) && !pool.taken.has(value)) return address;
	}
	return undefined;
}

function checkRequested(pool: AddressPool, requested: string): Address {
	const { family } = pool.subnet;
	const address = parseAddress(requested);
	if (address?.family !== family)
		throw new EngineError("invalid_argument", `invalid IPv${family} address: ${requested}`);
	if (isOutside(pool.subnet, address)) {
		throw new EngineError(
			"invalid_argument",
			`invalid address ${formatAddress(address)}: It does not belong to any of this network's subnets`,
		);
	}
	if (pool.reserved.has(address.value) || pool.taken.has(address.value))
		throw new EngineError("forbidden", "Address already in use");
	return address;
}

/** Not of the subnet, or not an address that one interface can have: the network's own, or IPv4's broadcast. */
function isOutside(subnet: Subnet, address: Address): boolean {
	if (!subnetContains(subnet, address) || address.value === addressAt(subnet, 0n).value) return true;
	return subnet.family === 4 && address.value === lastAddress(subnet).value;
}
