import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { ownEndpoints, publishedEndpoint } from "../networking/own-endpoints.ts";
import { planPorts } from "./plan-ports.ts";
import { planReopening } from "./plan-reopening.ts";
import { adoptPublication } from "./publication.ts";
import { publishAgain, publishOrders } from "./publish-ports.ts";

/**
 * Opens the ports that the record of a container says, and closes those it says no more. Ports that stay keep their
 * number; what goes through them is cut off, for one program carries them all. Errors: as `publishPorts`, and
 * everything is open as before.
 */
export async function reopenPorts(context: Context, container: Container): Promise<void> {
	const endpoint = publishedEndpoint(context, ownEndpoints(context, container.id));
	if (endpoint === undefined) return;
	const { publication, record } = container;
	const wanted = planPorts(record.config, record.hostConfig);
	const { orders, same } = planReopening(publication?.ports ?? [], wanted);
	if (same) return;
	container.publication = undefined;
	await publication?.stop();
	try {
		adoptPublication(context, container, await publishOrders(context, container, { endpoint, orders }));
	} catch (error) {
		if (publication !== undefined)
			adoptPublication(context, container, await publishAgain(context, container, { publication, endpoint }));
		throw error;
	}
}
