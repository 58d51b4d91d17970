import type { Destination } from "./options/destination.ts";
import { assertAddressFiles } from "./options/syslog.ts";
import { failedToInitialize } from "./options/values.ts";
import { createSender } from "./transport/sender.ts";

/** As with Docker, a start fails when a server that is spoken to by a stream cannot be reached. */
export async function assertReachable({ address, startsWithoutServer }: Destination): Promise<void> {
	assertAddressFiles(address);
	if (address.kind === "udp" || startsWithoutServer) return;
	const sender = createSender(address);
	try {
		await sender.send([]);
	} catch (error) {
		const where = address.kind === "unix" ? `unix ${address.path}` : `tcp ${address.host}:${address.port}`;
		throw failedToInitialize(`dial ${where}: ${(error as Error).message}`, error);
	} finally {
		await sender.close();
	}
}
