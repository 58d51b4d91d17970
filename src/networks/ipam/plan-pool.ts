import { EngineError } from "../../lib/index.ts";
import type { SubnetRecord } from "../contract.ts";
import { type Address, formatAddress, parseAddress } from "./address.ts";
import { findFree } from "./choose-address.ts";
import { formatSubnet, parseSubnet, type Subnet, subnetContains, subnetsOverlap } from "./subnet.ts";

/**
 * A pool as it was asked for, checked and completed: without a gateway the first free address of the range, as with
 * Docker. Errors, with Docker's texts: `invalid_argument`, `forbidden`.
 */
export function planPool(request: Partial<SubnetRecord>): SubnetRecord {
	const subnet = parseGiven(request.subnet ?? "");
	const range = parseRange(request.ipRange, subnet);
	const auxiliary = Object.entries(request.auxiliaryAddresses ?? {}).map(([name, text]) =>
		parseAuxiliary(subnet, name, text),
	);
	const reserved = new Set(auxiliary.map(({ address }) => address.value));
	const pool = { subnet, ...(range === undefined ? {} : { range }), reserved, taken: new Set<bigint>() };
	const gateway = request.gateway ? parseGateway(subnet, request.gateway) : findFree(pool);
	if (gateway === undefined)
		throw new EngineError(
			"invalid_argument",
			"failed to allocate gateway (): No available addresses on this pool",
		);
	const clash = auxiliary.find(({ address }) => address.value === gateway.value);
	if (clash !== undefined) {
		const what = `${clash.name}:${formatAddress(clash.address)}`;
		throw new EngineError(
			"forbidden",
			`failed to allocate secondary ip address (${what}): Address already in use`,
		);
	}
	return {
		subnet: formatSubnet(subnet),
		gateway: formatAddress(gateway),
		...(range === undefined ? {} : { ipRange: formatSubnet(range) }),
		...(auxiliary.length === 0
			? {}
			: {
					auxiliaryAddresses: Object.fromEntries(
						auxiliary.map(({ name, address }) => [name, formatAddress(address)]),
					),
				}),
	};
}

/** Not a network that containers can be on. */
const special = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/16", "fe80::/10", "ff00::/8"].map(
	(text) => parseSubnet(text)!,
);

function parseGiven(text: string): Subnet {
	const subnet = parseSubnet(text);
	if (subnet === undefined)
		throw new EngineError("invalid_argument", `invalid subnet ${text}: invalid CIDR address: ${text}`);
	if (special.some((other) => subnetsOverlap(subnet, other)))
		throw new EngineError(
			"invalid_argument",
			`invalid subnet ${text}: it has addresses that no container can have`,
		);
	return subnet;
}

function parseRange(text: string | undefined, subnet: Subnet): Subnet | undefined {
	if (!text) return undefined;
	const range = parseSubnet(text);
	if (range === undefined)
		throw new EngineError("invalid_argument", `invalid ip-range ${text}: invalid CIDR address: ${text}`);
	const isInside = range.prefixLength >= subnet.prefixLength && subnetsOverlap(subnet, range);
	if (!isInside)
		throw new EngineError(
			"invalid_argument",
			`invalid ip-range ${text}: not of the subnet ${formatSubnet(subnet)}`,
		);
	return range;
}

function parseAuxiliary(subnet: Subnet, name: string, text: string): { name: string; address: Address } {
	const address = parseAddress(text);
	if (address === undefined)
		throw new EngineError("invalid_argument", `invalid auxiliary address ${text} in Ipam configuration`);
	if (subnetContains(subnet, address)) return { name, address };
	throw new EngineError(
		"forbidden",
		`auxiliary address: (${name}:${formatAddress(address)}) must belong to the master pool: ${formatSubnet(subnet)}`,
	);
}

function parseGateway(subnet: Subnet, text: string): Address {
	const address = parseAddress(text);
	if (address === undefined)
		throw new EngineError("invalid_argument", `invalid gateway address ${text} in Ipam configuration`);
	const refuse = (reason: string) =>
		new EngineError("invalid_argument", `failed to allocate gateway (${formatAddress(address)}): ${reason}`);
	if (!subnetContains(subnet, address)) throw refuse("Requested address is out of range");
	const only = {
		subnet,
		range: { ...subnet, base: address.value, prefixLength: address.family === 4 ? 32 : 128 },
	};
	if (findFree({ ...only, reserved: new Set(), taken: new Set() }) === undefined)
		throw refuse("Address already in use");
	return address;
}
