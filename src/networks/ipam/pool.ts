import { EngineError } from "../../lib/index.ts";
import type { NetworkRecord, SubnetRecord } from "../contract.ts";
import { type Address, type AddressFamily, parseAddress } from "./address.ts";
import { parseSubnet, type Subnet } from "./subnet.ts";

/** A network's addresses of one family, in numbers. */
export interface Pool {
	readonly subnet: Subnet;
	readonly gateway: Address | undefined;
	readonly range: Subnet | undefined;
	/** Gateway and auxiliary addresses. */
	readonly reserved: ReadonlySet<bigint>;
}

/** The pools of a network; of a record of ours at most one of each family. Errors: `corrupt`. */
export function poolsOf(network: NetworkRecord): Pool[] {
	return network.subnets.map((record) => {
		const pool = toPool(record);
		if (pool !== undefined) return pool;
		throw new EngineError("corrupt", `network ${network.name} has no usable subnet and gateway`);
	});
}

/** The pool of a family, if the network has it. */
export function poolOf(network: NetworkRecord, family: AddressFamily): Pool | undefined {
	return poolsOf(network).find(({ subnet }) => subnet.family === family);
}

function toPool(record: SubnetRecord): Pool | undefined {
	const subnet = parseSubnet(record.subnet);
	const gateway = parseAddress(record.gateway);
	const range = record.ipRange === undefined ? undefined : parseSubnet(record.ipRange);
	const others = Object.values(record.auxiliaryAddresses ?? {}).map(parseAddress);
	if (subnet === undefined || (gateway === undefined && record.gateway !== "")) return undefined;
	if (record.ipRange !== undefined && range === undefined) return undefined;
	const reserved = [gateway, ...others].filter((address) => address !== undefined);
	return { subnet, gateway, range, reserved: new Set(reserved.map(({ value }) => value)) };
}
