/** IPv4 arithmetic on unsigned 32-bit numbers. */

export interface Ipv4Subnet {
	/** The network address; its host bits are zero. */
	readonly base: number;
	readonly prefixLength: number;
}

/** The number of a dotted address, `undefined` for anything else (no short or octal forms). */
export function parseIpv4(text: string): number | undefined {
	const parts = text.split(".");
	if (parts.length !== 4) return undefined;
	let value = 0;
	for (const part of parts) {
		if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
		value = value * 256 + Number(part);
	}
	return value;
}

export function formatIpv4(address: number): string {
	return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(".");
}

export function ipv4Bytes(address: number): Uint8Array {
	return Uint8Array.of(address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255);
}

export function ipv4FromBytes(bytes: Uint8Array): number {
	return ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
}

/** A subnet in CIDR form (`172.17.0.0/16`); host bits are cleared. `undefined` for anything else. */
export function parseIpv4Subnet(text: string): Ipv4Subnet | undefined {
	const match = /^([0-9.]+)\/(0|[1-9][0-9]?)$/.exec(text);
	const address = match === null ? undefined : parseIpv4(match[1]!);
	const prefixLength = Number(match?.[2]);
	if (address === undefined || prefixLength > 32) return undefined;
	return subnetOf(address, prefixLength);
}

export function formatIpv4Subnet({ base, prefixLength }: Ipv4Subnet): string {
	return `${formatIpv4(base)}/${prefixLength}`;
}

/** The subnet of this size in which an address is. */
export function subnetOf(address: number, prefixLength: number): Ipv4Subnet {
	return { base: (address & mask(prefixLength)) >>> 0, prefixLength };
}

export function subnetContains(subnet: Ipv4Subnet, address: number): boolean {
	return subnetOf(address, subnet.prefixLength).base === subnet.base;
}

export function subnetsOverlap(one: Ipv4Subnet, other: Ipv4Subnet): boolean {
	const shorter = Math.min(one.prefixLength, other.prefixLength);
	return subnetOf(one.base, shorter).base === subnetOf(other.base, shorter).base;
}

export function broadcastOf({ base, prefixLength }: Ipv4Subnet): number {
	return (base | ~mask(prefixLength)) >>> 0;
}

function mask(prefixLength: number): number {
	return prefixLength === 0 ? 0 : (-1 << (32 - prefixLength)) >>> 0;
}
