import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { findNetwork } from "./connect-networks.ts";
import { endpointNames } from "./endpoint-names.ts";
import { isBuiltIn } from "./user-defined.ts";

/** Lets a container's neighbours find it by its present name. */
export function renameEndpoints(context: Context, { record, id, run }: Container): void {
	if (run === undefined) return;
	for (const [name, settings] of Object.entries(record.endpoints)) {
		const network = findNetwork(context, name);
		if (network === undefined || isBuiltIn(network)) continue;
		context.networks.setNames(id, network.id, endpointNames(record, settings));
	}
}
