import { createHash } from "node:crypto";
import { EngineError } from "../../lib/index.ts";
import type { AddressFamily } from "./address.ts";
import { parseSubnet, type Subnet, subnetsOverlap } from "./subnet.ts";

/** Docker's default pools: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 to 192.168.240.0/20. */
export function* defaultSubnets(): Generator<Subnet> {
	for (let second = 17; second <= 31; second++) yield parseSubnet(`172.${second}.0.0/16`)!;
	for (let third = 0; third < 256; third += 16) yield parseSubnet(`192.168.${third}.0/20`)!;
}

/** All /64 of the unique local /48 that belongs to an engine: 40 bits that no other one has, see RFC 4193. */
export function* uniqueLocalSubnets(engineId: string): Generator<Subnet> {
	const global = createHash("sha256").update(engineId).digest("hex").slice(0, 10);
	const prefix = `fd${global.slice(0, 2)}:${global.slice(2, 6)}:${global.slice(6, 10)}`;
	for (let number = 0; number < 65536; number++) yield parseSubnet(`${prefix}:${number.toString(16)}::/64`)!;
}

/**
 * The first of these subnets that overlaps none of those in use. A container could not reach an address of the host's
 * surroundings that its own subnet hides, so everything that the host has a route to counts as in use. Errors:
 * `unavailable`, in Docker's words.
 */
export function chooseSubnet(
	family: AddressFamily,
	candidates: Iterable<Subnet>,
	inUse: readonly Subnet[],
): Subnet {
	for (const candidate of candidates) {
		if (!inUse.some((other) => subnetsOverlap(candidate, other))) return candidate;
	}
	throw new EngineError(
		"unavailable",
		`could not find an available, non-overlapping IPv${family} address pool among the defaults to assign to the network`,
	);
}
