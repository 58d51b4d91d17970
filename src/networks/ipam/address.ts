import { isIPv6 } from "node:net";

export type AddressFamily = 4 | 6;

/** An address of either family, as a number of 32 or 128 bits. */
export interface Address {
	readonly family: AddressFamily;
	readonly value: bigint;
}

/** How many bits an address has. */
export function addressBits(family: AddressFamily): number {
	return family === 4 ? 32 : 128;
}

/** The address that a text is, `undefined` for anything else: no short or octal forms, no zones. */
export function parseAddress(text: string): Address | undefined {
	return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Address | undefined {
	const parts = text.split(".");
	if (parts.length !== 4) return undefined;
	let value = 0n;
	for (const part of parts) {
		if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
		value = value * 256n + BigInt(part);
	}
	return { family: 4, value };
}

function parseIpv6(text: string): Address | undefined {
	if (!isIPv6(text) || text.includes("%")) return undefined;
	const dotted = /^(.*:)([0-9.]+)$/.exec(text);
	const tail = dotted?.[2]?.includes(".") ? parseIpv4(dotted[2])?.value : undefined;
	const written = tail === undefined ? text : `${dotted![1]}${hex(tail >> 16n)}:${hex(tail & 0xffffn)}`;
	const [before, after] = written.split("::") as [string, string | undefined];
	const left = groupsOf(before);
	const right = groupsOf(after ?? "");
	const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n);
	const value = [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | group, 0n);
	return { family: 6, value };
}

function groupsOf(text: string): bigint[] {
	return text === "" ? [] : text.split(":").map((group) => BigInt(`0x${group}`));
}

/** IPv6 as RFC 5952 wants it: lower case, the longest run of zeros as `::`. */
export function formatAddress({ family, value }: Address): string {
	if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
	const groups = Array.from({ length: 8 }, (_, index) => hex((value >> BigInt(112 - 16 * index)) & 0xffffn));
	const run = longestZeros(groups);
	if (run.length < 2) return groups.join(":");
	return `${groups.slice(0, run.start).join(":")}::${groups.slice(run.start + run.length).join(":")}`;
}

function longestZeros(groups: readonly string[]): { start: number; length: number } {
	let best = { start: 0, length: 0 };
	for (let start = 0; start < groups.length; start++) {
		let length = 0;
		while (groups[start + length] === "0") length++;
		if (length > best.length) best = { start, length };
	}
	return best;
}

function hex(value: bigint): string {
	return value.toString(16);
}

/** In network order: 4 or 16 bytes. */
export function addressBytes({ family, value }: Address): Uint8Array {
	return Buffer.from(value.toString(16).padStart(addressBits(family) / 4, "0"), "hex");
}

/** The address of 4 or 16 bytes. */
export function addressFromBytes(bytes: Uint8Array): Address {
	const family = bytes.length === 4 ? 4 : 6;
	return { family, value: bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) };
}
