import type { Containers } from "../../containers/index.ts";
import type { CopiesBackend } from "../../server/index.ts";

/** The copies of machines as the routes want them. */
export function copiesBackend(containers: Containers): CopiesBackend {
	const named = ({ id, name }: { readonly id: string; readonly name: string }) => ({ Id: id, Name: name });
	return {
		fork: async (reference, request) => (await containers.fork(reference, request)).map(named),
		createSnapshot: containers.createSnapshot,
		listSnapshots: containers.listSnapshots,
		restoreSnapshot: async (reference, request) =>
			named(await containers.restoreSnapshot(reference, request)),
		removeSnapshot: containers.removeSnapshot,
	};
}
