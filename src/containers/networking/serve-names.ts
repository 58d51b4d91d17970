import { EngineError, isEngineError } from "../../lib/index.ts";
import type { NetworkPlug } from "../../networks/index.ts";
import type { Context } from "../context.ts";
import type { ContainerRecord } from "../record/record.ts";
import { parseLink } from "./check-endpoint.ts";
import { egressOf } from "./egress-of.ts";
import { isBuiltIn } from "./user-defined.ts";

/**
 * Whether a container looks names up at the engine's name server: it is on a network that has names, or under an egress
 * policy, which lets it ask no other.
 */
export function hasNames(
	{ networks }: Pick<Context, "networks">,
	record: Pick<ContainerRecord, "endpoints" | "hostConfig">,
): boolean {
	const names = Object.keys(record.endpoints);
	if (names.some((name) => !isBuiltIn({ name }))) return true;
	if (!names.includes("bridge")) return false;
	return egressOf(record) !== "" || networks.get("bridge").egress !== undefined;
}

/** Lets a sandbox look up who is on its networks. Errors: `invalid_argument` for a link to nobody. */
export async function serveNames(
	context: Context,
	record: ContainerRecord,
	plug: NetworkPlug | undefined,
): Promise<void> {
	if (plug === undefined || !hasNames(context, record)) return;
	const links = Object.values(record.endpoints).flatMap(({ Links = [] }) => Links);
	await context.networks.serveNames(plug, {
		containerId: record.id,
		servers: record.hostConfig.Dns ?? [],
		links: links.map((link) => resolveLink(context, link)),
	});
}

function resolveLink(
	context: Context,
	text: string,
): { readonly name: string; readonly containerId: string } {
	const { container, alias } = parseLink(text);
	try {
		return { name: alias, containerId: context.registry.get(container).id };
	} catch (cause) {
		if (!isEngineError(cause)) throw cause;
		throw new EngineError("invalid_argument", `could not get container for ${container}: ${cause.message}`, {
			cause,
		});
	}
}
