import { type Address, type AddressFamily, addressBits, formatAddress, parseAddress } from "./address.ts";

export interface Subnet {
	readonly family: AddressFamily;
	/** The network address; its host bits are zero. */
	readonly base: bigint;
	readonly prefixLength: number;
}

/** A subnet in CIDR form (`172.17.0.0/16`, `fd00::/64`); host bits are cleared. `undefined` for anything else. */
export function parseSubnet(text: string): Subnet | undefined {
	const match = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/.exec(text);
	const address = match === null ? undefined : parseAddress(match[1]!);
	const prefixLength = Number(match?.[2]);
	if (address === undefined || prefixLength > addressBits(address.family)) return undefined;
	return subnetOf(address, prefixLength);
}

export function formatSubnet(subnet: Subnet): string {
	return `${formatAddress(addressAt(subnet, 0n))}/${subnet.prefixLength}`;
}

/** The subnet of this size in which an address is. */
export function subnetOf({ family, value }: Address, prefixLength: number): Subnet {
	return { family, base: value & ~hostMask({ family, prefixLength }), prefixLength };
}

/** The address so many places after the network's. */
export function addressAt({ family, base }: Subnet, offset: bigint): Address {
	return { family, value: base + offset };
}

/** The last one; of an IPv4 subnet the broadcast address. */
export function lastAddress(subnet: Subnet): Address {
	return addressAt(subnet, hostMask(subnet));
}

export function subnetContains(subnet: Subnet, address: Address): boolean {
	return subnet.family === address.family && subnetOf(address, subnet.prefixLength).base === subnet.base;
}

export function subnetsOverlap(one: Subnet, other: Subnet): boolean {
	const [wide, narrow] = one.prefixLength <= other.prefixLength ? [one, other] : [other, one];
	return subnetContains(wide, addressAt(narrow, 0n));
}

function hostMask({ family, prefixLength }: Pick<Subnet, "family" | "prefixLength">): bigint {
	return (1n << BigInt(addressBits(family) - prefixLength)) - 1n;
}
