import { EngineError } from "../../../lib/index.ts";
import type { NetworkRecord } from "../../contract.ts";
import { type Ipv4Subnet, parseIpv4, parseIpv4Subnet } from "../../ipam/ipv4.ts";

/** Docker's names for the options of a bridge network. */
export const bridgeOptions = {
	name: "com.docker.network.bridge.name",
	isDefault: "com.docker.network.bridge.default_bridge",
	interContainer: "com.docker.network.bridge.enable_icc",
	masquerade: "com.docker.network.bridge.enable_ip_masquerade",
	mtu: "com.docker.network.driver.mtu",
} as const;

/** What a bridge network's record says, in the kernel's terms. */
export interface BridgeSettings {
	readonly linkName: string;
	readonly mtu: number;
	readonly subnet: Ipv4Subnet;
	readonly gateway: number;
}

/** Errors: `corrupt` for a record that cannot be one of a bridge network. */
export function bridgeSettings(network: NetworkRecord): BridgeSettings {
	const linkName = network.options[bridgeOptions.name];
	const mtu = Number(network.options[bridgeOptions.mtu] ?? 1500);
	const pool = network.subnets[0];
	const subnet = pool === undefined ? undefined : parseIpv4Subnet(pool.subnet);
	const gateway = pool === undefined ? undefined : parseIpv4(pool.gateway);
	if (linkName === undefined || subnet === undefined || gateway === undefined || !Number.isInteger(mtu))
		throw new EngineError("corrupt", `network ${network.name} has no usable bridge name, subnet and mtu`);
	return { linkName, mtu, subnet, gateway };
}
