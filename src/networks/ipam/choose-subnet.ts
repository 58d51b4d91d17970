import { EngineError } from "../../lib/index.ts";
import { type Ipv4Subnet, parseIpv4Subnet, subnetsOverlap } from "./ipv4.ts";

/** Docker's default pools: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 to 192.168.240.0/20. */
export function* defaultSubnets(): Generator<Ipv4Subnet> {
	for (let second = 17; second <= 31; second++) yield parseIpv4Subnet(`172.${second}.0.0/16`)!;
	for (let third = 0; third < 256; third += 16) yield parseIpv4Subnet(`192.168.${third}.0/20`)!;
}

/**
 * The first subnet of the default pools that overlaps none of those in use. A container could not reach an address of
 * the host's surroundings that its own subnet hides, so everything that the host has a route to counts as in use.
 */
export function chooseSubnet(inUse: readonly Ipv4Subnet[]): Ipv4Subnet {
	for (const candidate of defaultSubnets()) {
		if (!inUse.some((other) => subnetsOverlap(candidate, other))) return candidate;
	}
	throw new EngineError(
		"unavailable",
		"could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
	);
}
