import { BlockList, isIP } from "node:net";
import type { NetworkCreateRequest } from "../../../api/index.ts";
import { CommandFailure } from "../../failure.ts";

type Pool = NonNullable<NonNullable<NetworkCreateRequest["IPAM"]>["Config"]>[number];

/** What was said of subnets, each range, gateway and address with the subnet that it is of. Errors are docker's. */
export function addressPools(given: {
	readonly subnets: readonly string[];
	readonly ranges: readonly string[];
	readonly gateways: readonly string[];
	readonly auxiliary: readonly (readonly [name: string, address: string])[];
}): Pool[] {
	if (given.subnets.length === 0 && given.ranges.length + given.gateways.length + given.auxiliary.length > 0)
		throw new CommandFailure("every ip-range, gateway or aux-address must have a corresponding subnet");
	const pools = given.subnets.map((subnet): Pool => ({ Subnet: subnet }));
	for (const range of given.ranges) {
		const pool = poolOf(pools, range, "ip-range");
		if (pool.IPRange)
			throw new CommandFailure(
				`cannot configure multiple ranges (${range}, ${pool.IPRange}) on the same subnet (${pool.Subnet})`,
			);
		pool.IPRange = range;
	}
	for (const gateway of given.gateways) {
		const pool = poolOf(pools, gateway, "gateway");
		if (pool.Gateway)
			throw new CommandFailure(
				`cannot configure multiple gateways (${gateway}, ${pool.Gateway}) for the same subnet (${pool.Subnet})`,
			);
		pool.Gateway = gateway;
	}
	for (const [name, address] of given.auxiliary) {
		const pool = poolOf(pools, address, "aux-address");
		pool.AuxiliaryAddresses = { ...pool.AuxiliaryAddresses, [name]: address };
	}
	return pools;
}

function poolOf(pools: readonly Pool[], address: string, flag: string): Pool {
	const pool = pools.find(({ Subnet = "" }) => contains(Subnet, address));
	if (pool === undefined) throw new CommandFailure(`no matching subnet for ${flag} ${address}`);
	return pool;
}

/** Whether an address, or the first one of a range, is of a subnet. */
function contains(subnet: string, address: string): boolean {
	const [base = "", prefix = ""] = subnet.split("/");
	const [start = ""] = address.split("/");
	const family = isIP(base);
	if (family === 0 || family !== isIP(start) || !/^\d{1,3}$/.test(prefix)) return false;
	if (Number(prefix) > (family === 4 ? 32 : 128)) return false;
	const type = family === 4 ? "ipv4" : "ipv6";
	const list = new BlockList();
	list.addSubnet(base, Number(prefix), type);
	return list.check(start, type);
}
