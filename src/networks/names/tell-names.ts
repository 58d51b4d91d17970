import type { EndpointTable } from "../endpoint-table.ts";
import type { NameServer } from "./contract.ts";

/** The endpoints' table, each of whose changes is told to the name server when it is on disk. */
export function tellNames(table: EndpointTable, names: NameServer): EndpointTable {
	return {
		...table,
		put(endpoint) {
			table.put(endpoint);
			names.changed(endpoint);
		},
		delete(id) {
			const endpoint = table.all().find((candidate) => candidate.id === id);
			table.delete(id);
			if (endpoint !== undefined) names.left(endpoint);
		},
	};
}
