import type { Containers } from "../../../containers/index.ts";
import type { Events } from "../../../events/index.ts";
import { EngineError, isEngineError } from "../../../lib/index.ts";
import type { NetworkRecord, Networks } from "../../../networks/index.ts";
import type { NetworkBackend } from "../../../server/index.ts";
import { createNetworkRequest } from "./create-request.ts";
import { describeEndpoint, describeNetwork } from "./describe.ts";
import { driverName, networkFilter, pruneFilter } from "./filter.ts";

export interface NetworkRooms {
	readonly networks: Networks;
	readonly containers: Containers;
	readonly events: Events;
}

/** The networks room as the routes want it. */
export function networkBackend(rooms: NetworkRooms): NetworkBackend {
	const { networks, containers, events } = rooms;
	const publish = (action: "create" | "destroy", network: NetworkRecord) =>
		events.publish("network", action, network.id, { name: network.name, type: driverName(network) });
	const remove = async (reference: string) => publish("destroy", await networks.remove(reference));
	return {
		async list(filters) {
			const matches = networkFilter(networks, filters);
			return networks
				.list()
				.filter(matches)
				.map((network) => ({ ...describeNetwork(network), Containers: {} }));
		},
		async inspect(reference, { scope }) {
			if (scope !== "" && scope !== "local")
				throw new EngineError("not_found", `network ${reference} not found in scope ${scope}`);
			const network = networks.get(reference);
			return { ...describeNetwork(network), Containers: endpointsOf(network, rooms) };
		},
		async create(request) {
			const network = await networks.create(createNetworkRequest(request));
			publish("create", network);
			return { Id: network.id, Warning: "" };
		},
		remove,
		async connect(reference, { Container: container = "", EndpointConfig: settings = {} }) {
			await containers.connect(reference, { container, settings });
		},
		async disconnect(reference, { Container: container = "", Force: force = false }) {
			await containers.disconnect(reference, { container, force });
		},
		async prune(filters) {
			const removed: string[] = [];
			for (const network of networks.list().filter(pruneFilter(networks, filters))) {
				try {
					await remove(network.id);
					removed.push(network.name);
				} catch (error) {
					// A container came to it, or somebody else removed it.
					if (!isEngineError(error, "forbidden") && !isEngineError(error, "not_found")) throw error;
				}
			}
			events.publish("network", "prune", "", { reclaimed: "0" });
			return { NetworksDeleted: removed };
		},
	};
}

function endpointsOf(network: NetworkRecord, { networks, containers }: NetworkRooms) {
	return Object.fromEntries(
		networks
			.endpointsOf(network.id)
			.map((endpoint) => [
				endpoint.containerId,
				describeEndpoint(endpoint, containers.nameOf(endpoint.containerId) ?? ""),
			]),
	);
}
