import type { Endpoint, Publication } from "../../networks/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { taskLocation } from "../locations.ts";
import { ownEndpoints, publishedEndpoint } from "../networking/own-endpoints.ts";
import { isAlive } from "../record/state.ts";
import { publishAgain, publishPorts } from "./publish-ports.ts";

/** From here on the ports are the run's: they end with it, and are opened again should they be lost before. */
export function adoptPublication(
	context: Context,
	container: Container,
	publication: Publication | undefined,
): void {
	container.publication = publication;
	container.publishedOn = placeOf(endpointOf(context, container));
	publication?.ended.then(() => {
		context.background.run(`ports of container ${container.id}`, () =>
			replace(context, container, publication),
		);
	});
}

/** Closes the ports of a run that is over; they are free for others when it resolves. */
export async function endPublication(context: Context, container: Container): Promise<void> {
	const { publication } = container;
	container.publication = undefined;
	container.publishedOn = undefined;
	try {
		await publication?.stop();
	} catch (error) {
		context.log.error("ports could not be closed", { container: container.id, error });
	}
}

/** Finds the ports of a container that ran on without a daemon, or opens them where the last one had not yet. */
export async function recoverPublication(context: Context, container: Container): Promise<void> {
	try {
		const found = await context.ports.find(taskLocation(context, container.id).runDir);
		const endpoint = endpointOf(context, container);
		const publication = found ?? (await publishPorts(context, container, { endpoint }));
		adoptPublication(context, container, publication);
	} catch (error) {
		context.log.error("the ports of a container could not be opened", { container: container.id, error });
	}
}

/**
 * Brings the ports to where the container is now, after its networks changed: the same ports of the host lead to its
 * main address. Without one they are closed until there is one again.
 */
export async function followAddress(context: Context, container: Container): Promise<void> {
	const endpoint = endpointOf(context, container);
	const { publication, publishedOn } = container;
	if (placeOf(endpoint) === publishedOn) return;
	container.publication = undefined;
	container.publishedOn = placeOf(endpoint);
	await publication?.stop();
	if (endpoint === undefined) return;
	const next =
		publication === undefined
			? await publishPorts(context, container, { endpoint })
			: await publishAgain(context, container, { publication, endpoint });
	adoptPublication(context, container, next);
}

/** Closes what is still open for a run that ended without a daemon; its folder must be there yet. */
export async function endLeftPublication(context: Context, id: string): Promise<void> {
	const left = await context.ports.find(taskLocation(context, id).runDir);
	await left?.stop();
}

async function replace(context: Context, container: Container, lost: Publication): Promise<void> {
	using _lock = await context.locks.acquire(container.id);
	if (container.publication !== lost || context.shutdown.aborted) return;
	container.publication = undefined;
	const endpoint = endpointOf(context, container);
	if (!isAlive(container.record.state) || endpoint === undefined) return;
	try {
		const publication = await publishAgain(context, container, { publication: lost, endpoint });
		adoptPublication(context, container, publication);
		context.log.warn("hull-publish was killed; the ports are open again, connections are lost", {
			container: container.id,
		});
	} catch (error) {
		context.log.error("hull-publish ended and the ports could not be opened again", {
			container: container.id,
			error,
		});
	}
}

function endpointOf(context: Context, { id }: Container): Endpoint | undefined {
	return publishedEndpoint(context, ownEndpoints(context, id));
}

/** The same network with the same addresses. */
function placeOf(endpoint: Endpoint | undefined): string | undefined {
	return endpoint && `${endpoint.networkId} ${endpoint.ipv4Address} ${endpoint.ipv6Address}`;
}
