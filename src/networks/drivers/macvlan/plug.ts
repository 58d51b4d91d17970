import { EngineError, errnoOf } from "../../../lib/index.ts";
import { createMacvlan, openRouteSocket } from "../../../sys/index.ts";
import type { Endpoint } from "../../contract.ts";
import { configureInside, type NamespacePlug } from "../configure-inside.ts";
import { ensureParent } from "./parent.ts";
import type { MacvlanSettings } from "./settings.ts";

/** Makes an endpoint's macvlan in the sandbox's namespace, with which it ends. */
export async function makeMacvlan(
	settings: MacvlanSettings,
	endpoint: Endpoint,
	plug: NamespacePlug,
): Promise<void> {
	const parent = await ensureParent(settings);
	using host = openRouteSocket();
	const link = createMacvlan({
		name: plug.interfaceName,
		macAddress: endpoint.macAddress,
		parentIndex: parent.index,
		mode: settings.mode,
		namespaceFd: plug.namespaceFd,
		...(settings.mtu === undefined ? {} : { mtu: settings.mtu }),
	});
	await host.requestInBackground([link]).catch((error) => refuse(error, settings));
	await configureInside(endpoint, plug);
}

function refuse(cause: unknown, { networkName, parent, mode }: MacvlanSettings): never {
	if (errnoOf(cause) === "EOPNOTSUPP")
		throw new EngineError("not_implemented", `network ${networkName}: this kernel has no macvlan`, { cause });
	if (errnoOf(cause) !== "EBUSY" && errnoOf(cause) !== "EINVAL") throw cause;
	throw new EngineError(
		"unavailable",
		`network ${networkName}: the link ${parent} takes no macvlan of mode ${mode}: ${(cause as Error).message}`,
		{ cause },
	);
}
