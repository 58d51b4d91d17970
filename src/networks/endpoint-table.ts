import type { Metadata } from "../store/index.ts";
import type { Endpoint } from "./contract.ts";
import { type AddressFamily, parseAddress } from "./ipam/address.ts";
import { parseEndpoint } from "./records.ts";

/** The endpoints in use: in memory for reading, each change on disk first. */
export interface EndpointTable {
	all(): Endpoint[];
	ofNetwork(networkId: string): Endpoint[];
	/** A container's endpoints, all or only the one on a network. */
	ofContainer(containerId: string, networkId?: string): Endpoint[];
	/** The addresses held on a network. Kept, because reading them off a thousand endpoints takes a millisecond. */
	takenAddresses(networkId: string, family: AddressFamily): ReadonlySet<bigint>;
	put(endpoint: Endpoint): void;
	delete(id: string): void;
}

export function openEndpointTable(metadata: Metadata): EndpointTable {
	const documents = metadata.documents<Endpoint>("endpoints", parseEndpoint);
	const endpoints = new Map<string, Endpoint>();
	const taken = new Map<string, Set<bigint>>();
	const takenOn = (networkId: string, family: AddressFamily) => {
		const key = `${networkId} ${family}`;
		const addresses = taken.get(key) ?? new Set();
		taken.set(key, addresses);
		return addresses;
	};
	const remember = (endpoint: Endpoint) => {
		endpoints.set(endpoint.id, endpoint);
		for (const { family, value } of addressesOf(endpoint)) takenOn(endpoint.networkId, family).add(value);
	};
	const forget = (id: string) => {
		const endpoint = endpoints.get(id);
		if (endpoint === undefined) return;
		endpoints.delete(id);
		for (const { family, value } of addressesOf(endpoint)) takenOn(endpoint.networkId, family).delete(value);
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

function addressesOf({ ipv4Address, ipv6Address }: Endpoint) {
	return [ipv4Address, ipv6Address].map(parseAddress).filter((address) => address !== undefined);
}
