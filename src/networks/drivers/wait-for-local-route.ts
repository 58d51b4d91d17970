import { delay, errnoOf } from "../../lib/index.ts";
import { getRouteTo, isLocalRoute, type RouteSocket } from "../../sys/index.ts";

const RETRY_MS = 1;
const DEADLINE_MS = 500;

/**
 * Waits until an IPv6 address is its interface's own. The kernel makes it so in a work queue, some time after it was
 * added, and until then drops what comes for it, also a neighbour's answer: the first packet would wait for a second.
 */
export async function waitForLocalRoute(inside: RouteSocket, address: Uint8Array): Promise<void> {
	if (address.length === 4) return;
	for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await delay(RETRY_MS)) {
		if (isLocal(inside, address)) return;
	}
}

function isLocal(inside: RouteSocket, address: Uint8Array): boolean {
	try {
		return inside.request([getRouteTo(address)]).some(isLocalRoute);
	} catch (error) {
		if (["ENETUNREACH", "EHOSTUNREACH"].includes(errnoOf(error) ?? "")) return false;
		throw error;
	}
}
