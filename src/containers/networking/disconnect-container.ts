import { EngineError, failpoint, isEngineError } from "../../lib/index.ts";
import type { NetworkRecord } from "../../networks/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { removeFromHosts } from "../files/network-files.ts";
import { driverOf } from "../isolation.ts";
import { followAddress } from "../ports/publication.ts";
import { saveRecord } from "../record/change.ts";
import { assertAnswers } from "./assert-answers.ts";
import { findNetwork, publishNetwork } from "./connect-networks.ts";
import { ownEndpoints } from "./own-endpoints.ts";
import { hostError } from "./plan-endpoints.ts";

/**
 * Takes a container off a network. `force` also gives back the endpoint of a container that is not known any more.
 * Errors, with Docker's texts: `not_found`, `invalid_argument` for the host's network.
 *
 * Crash windows: the record goes first; boot gives back an endpoint that no record names.
 */
export async function disconnectContainer(
	context: Context,
	networkReference: string,
	request: { readonly container: string; readonly force: boolean },
): Promise<void> {
	const container = findContainer(context, request.container);
	if (container === undefined && !request.force)
		throw new EngineError("not_found", `No such container: ${request.container}`);
	if (container === undefined) return disconnectStranger(context, networkReference, request.container);
	using _lock = await context.locks.acquire(container.id);
	const name = endpointName(context, container, networkReference);
	const network = findNetwork(context, name);
	if (network?.driver === "host") throw hostError();
	assertAnswers(container);
	const { [name]: _gone, ...endpoints } = container.record.endpoints;
	saveRecord(context, container, { ...container.record, endpoints });
	failpoint("containers.disconnect.after-persist");
	if (container.run === undefined || network === undefined) return;
	await unplug(context, container, network);
	publishNetwork(context, container, { action: "disconnect", network });
	await followAddress(context, container);
}

async function unplug(context: Context, container: Container, network: NetworkRecord): Promise<void> {
	const { record, run, id } = container;
	const former = ownEndpoints(context, id).find(({ networkId }) => networkId === network.id);
	await using sandbox = await driverOf(context, record).openSandbox(run!.task);
	await context.networks.disconnect(id, network.id, sandbox.plug);
	if (former !== undefined) await removeFromHosts(context, record, former);
}

/** The name in the container's record of what the request calls by name, id or prefix; the network may be gone. */
function endpointName(context: Context, container: Container, reference: string): string {
	const { endpoints } = container.record;
	if (reference in endpoints) return reference;
	const { name } = context.networks.get(reference);
	if (name in endpoints) return name;
	throw new EngineError("not_found", `container ${container.id} is not connected to network ${name}`);
}

function findContainer(context: Context, reference: string): Container | undefined {
	try {
		return context.registry.get(reference);
	} catch (error) {
		if (isEngineError(error, "not_found")) return undefined;
		throw error;
	}
}

async function disconnectStranger(context: Context, networkReference: string, id: string): Promise<void> {
	const network = context.networks.get(networkReference);
	const left = context.networks
		.endpointsOf(network.id)
		.find(({ containerId }) => containerId === id || (id.length >= 12 && containerId.startsWith(id)));
	if (left === undefined) throw new EngineError("not_found", `endpoint ${id} not found`);
	await context.networks.disconnect(left.containerId, network.id);
}
