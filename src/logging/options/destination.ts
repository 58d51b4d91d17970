import type { Address, Retry, Wire } from "../ship/order.ts";

/** A server that a log goes to, decided from the options. */
export interface Destination {
	readonly address: Address;
	readonly wire: Wire;
	readonly retry: Retry;
	readonly maxLagBytes?: number;
	/** A start does not ask whether it is there. */
	readonly startsWithoutServer?: boolean;
}
