import type { Wire } from "./connection/wire.ts";

/** How long a client may take to end its side after the end of output. */
const lingerMs = 5_000;

/**
 * Input takes what still comes until the client ends its side: closing with unread bytes would break the connection
 * before the client has read the output. A client that stays is left after a while.
 */
export async function inTime(input: Promise<void>, wire: Wire): Promise<void> {
	const late = Promise.withResolvers<void>();
	const timer = setTimeout(() => {
		wire.destroy();
		late.resolve();
	}, lingerMs);
	await Promise.race([input, late.promise]);
	clearTimeout(timer);
}
