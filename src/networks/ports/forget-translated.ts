import { forgetConnections, trackedConnections } from "../../sys/index.ts";
import { addressBytes, parseAddress } from "../ipam/address.ts";

/**
 * Has the kernel forget the connections that it leads to a container's address: they would go on to whoever gets the
 * address next. An empty address is none.
 */
export function forgetTranslated(address: string): void {
	const parsed = parseAddress(address);
	if (parsed === undefined) return;
	const found = trackedConnections(parsed.family, addressBytes(parsed));
	forgetConnections(
		parsed.family,
		found.filter(({ isTranslated }) => isTranslated),
	);
}
