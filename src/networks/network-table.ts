import type { Metadata } from "../store/index.ts";
import type { NetworkRecord } from "./contract.ts";
import { parseNetwork } from "./records.ts";

/** The networks: in memory for reading, each change on disk first. */
export interface NetworkTable {
	/** In the order of their names. */
	all(): NetworkRecord[];
	find(name: string): NetworkRecord | undefined;
	get(id: string): NetworkRecord | undefined;
	put(network: NetworkRecord): void;
	delete(id: string): void;
}

export function openNetworkTable(metadata: Metadata): NetworkTable {
	const documents = metadata.documents<NetworkRecord>("networks", parseNetwork);
	const networks = new Map(documents.entries().map(({ value }) => [value.id, value]));
	return {
		all: () => [...networks.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
		find: (name) => [...networks.values()].find((network) => network.name === name),
		get: (id) => networks.get(id),
		delete(id) {
			documents.delete(id);
			networks.delete(id);
		},
		put(network) {
			documents.put(network.id, network);
			networks.set(network.id, network);
		},
	};
}
