import type { Metadata } from "../store/index.ts";
import type { Endpoint } from "./contract.ts";
import { parseIpv4 } from "./ipam/ipv4.ts";
import { parseEndpoint } from "./records.ts";

/** The endpoints in use: in memory for reading, each change on disk first. */
export interface EndpointTable {
	all(): Endpoint[];
	ofNetwork(networkId: string): Endpoint[];
	/** A container's endpoints, all or only the one on a network. */
	ofContainer(containerId: string, networkId?: string): Endpoint[];
	/** The IPv4 addresses held on a network. Kept, because reading them off a thousand endpoints takes a millisecond. */
	takenAddresses(networkId: string): ReadonlySet<number>;
	put(endpoint: Endpoint): void;
	delete(id: string): void;
}

export function openEndpointTable(metadata: Metadata): EndpointTable {
	const documents = metadata.documents<Endpoint>("endpoints", parseEndpoint);
	const endpoints = new Map<string, Endpoint>();
	const taken = new Map<string, Set<number>>();
	const takenOn = (networkId: string) => {
		const addresses = taken.get(networkId) ?? new Set();
		taken.set(networkId, addresses);
		return addresses;
	};
	const remember = (endpoint: Endpoint) => {
		endpoints.set(endpoint.id, endpoint);
		const address = parseIpv4(endpoint.ipv4Address);
		if (address !== undefined) takenOn(endpoint.networkId).add(address);
	};
	const forget = (id: string) => {
		const endpoint = endpoints.get(id);
		if (endpoint === undefined) return;
		endpoints.delete(id);
		takenOn(endpoint.networkId).delete(parseIpv4(endpoint.ipv4Address) ?? -1);
	};
	for (const { value } of documents.entries()) remember(value);
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
		takenAddresses: takenOn,
		put(endpoint) {
			documents.put(endpoint.id, endpoint);
			remember(endpoint);
		},
		delete(id) {
			documents.delete(id);
			forget(id);
		},
	};
}
