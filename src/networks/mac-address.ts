import { EngineError } from "../lib/index.ts";
import { type Address, addressBytes } from "./ipam/address.ts";

/**
 * Docker's way to make a MAC address: locally administered, `02:42`, then the IPv4 address (of IPv6 the last four bytes).
 * The same address so keeps the same MAC, and neighbours' ARP entries stay right when an address goes to the next
 * container.
 */
export function macAddressFor(address: Address): string {
	const bytes = [0x02, 0x42, ...addressBytes(address).slice(-4)];
	return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** A requested MAC address in its usual form. Errors: `invalid_argument`, also for multicast and all-zero addresses. */
export function parseMacAddress(text: string): string {
	const bytes = /^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$/i.test(text)
		? text.split(/[:-]/).map((byte) => Number.parseInt(byte, 16))
		: undefined;
	if (bytes === undefined) throw new EngineError("invalid_argument", `${text} is not a valid mac address`);
	if ((bytes[0]! & 1) === 1 || bytes.every((byte) => byte === 0))
		throw new EngineError("invalid_argument", `${text} is not a valid mac address: not a unicast address`);
	return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
