import type { Metadata } from "../store/index.ts";
import type { Endpoint } from "./contract.ts";
import { parseEndpoint } from "./records.ts";

/** The endpoints in use: in memory for reading, each change on disk first. */
export interface EndpointTable {
	all(): Endpoint[];
	ofNetwork(networkId: string): Endpoint[];
	/** A container's endpoints, all or only the one on a network. */
	ofContainer(containerId: string, networkId?: string): Endpoint[];
	put(endpoint: Endpoint): void;
	delete(id: string): void;
}

export function openEndpointTable(metadata: Metadata): EndpointTable {
	const documents = metadata.documents<Endpoint>("endpoints", parseEndpoint);
	const endpoints = new Map(documents.entries().map(({ value }) => [value.id, value]));
	const select = (matches: (endpoint: Endpoint) => boolean) => [...endpoints.values()].filter(matches);
	return {
		all: () => [...endpoints.values()],
		ofNetwork: (networkId) => select((endpoint) => endpoint.networkId === networkId),
		ofContainer: (containerId, networkId) =>
			select(
				(endpoint) =>
					endpoint.containerId === containerId &&
					(networkId === undefined || endpoint.networkId === networkId),
			),
		put(endpoint) {
			documents.put(endpoint.id, endpoint);
			endpoints.set(endpoint.id, endpoint);
		},
		delete(id) {
			documents.delete(id);
			endpoints.delete(id);
		},
	};
}
