import { addressBytes } from "../ipam/address.ts";
import { lastAddress, type Subnet } from "../ipam/subnet.ts";

/** The broadcast address of a subnet that has one, as a part of `addAddress`'s argument. */
export function broadcastFor(subnet: Subnet): { broadcast?: Uint8Array } {
	return subnet.family === 4 && subnet.prefixLength < 31
		? { broadcast: addressBytes(lastAddress(subnet)) }
		: {};
}
