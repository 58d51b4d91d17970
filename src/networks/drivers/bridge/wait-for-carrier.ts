import { delay } from "../../../lib/index.ts";
import { decodeLink, getLink, type RouteSocket } from "../../../sys/index.ts";

const RETRY_MS = 2;
const DEADLINE_MS = 500;

/**
 * Waits until packets pass through a port of a bridge, which is some time after it was set up: the kernel takes note
 * of carriers in a work queue of its own, late when the network lock is contended, and drops what comes before. A
 * container's first packet would be one of these, and asking for the gateway again takes ARP a second. To ask for a
 * link makes Linux 6.8 and newer take note at once, so mostly this is one round trip.
 *
 * A port whose other end is down never gets there: after the deadline that is left as it is.
 */
export async function waitForCarrier(host: RouteSocket, portName: string, bridgeName: string): Promise<void> {
	// The port first: its carrier is what gives the bridge one.
	const question = [getLink(portName), getLink(bridgeName)];
	for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await delay(RETRY_MS)) {
		const links = (await host.requestInBackground(question)).map(decodeLink);
		// A tap has its carrier from the start, and the kernel never takes note of it.
		if (links.every(({ operational, kind, up }) => operational || (kind === "tun" && up))) return;
	}
}
