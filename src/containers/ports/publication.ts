import type { Endpoint, Publication } from "../../networks/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { taskLocation } from "../locations.ts";
import { isAlive } from "../record/state.ts";
import { publishAgain, publishPorts } from "./publish-ports.ts";

/** From here on the ports are the run's: they end with it, and are opened again should they be lost before. */
export function adoptPublication(
	context: Context,
	container: Container,
	publication: Publication | undefined,
): void {
	container.publication = publication;
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
		const endpoints = endpointsOf(context, container);
		const publication = found ?? (await publishPorts(context, container, { endpoints }));
		adoptPublication(context, container, publication);
	} catch (error) {
		context.log.error("the ports of a container could not be opened", { container: container.id, error });
	}
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
	const targetAddress = endpointsOf(context, container)[0]?.ipv4Address;
	if (!isAlive(container.record.state) || targetAddress === undefined) return;
	try {
		const publication = await publishAgain(context, container, { publication: lost, targetAddress });
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

function endpointsOf(context: Context, { id, record }: Container): Endpoint[] {
	return Object.keys(record.endpoints)
		.flatMap((name) => context.networks.endpointsOf(context.networks.get(name).id))
		.filter(({ containerId, ipv4Address }) => containerId === id && ipv4Address !== "");
}
