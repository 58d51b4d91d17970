import type { EndpointSettings } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { NetworkDriver, Networks } from "../../networks/index.ts";

/**
 * The endpoints of a new container by network name, from its network mode and the request's `EndpointsConfig`.
 * Errors: `not_found` for an unknown network; `invalid_argument`, with Docker's texts where it has one, for what the
 * default networks do not do.
 */
export function planEndpoints(
	networks: Pick<Networks, "get">,
	options: { readonly mode: string; readonly requested: Readonly<Record<string, EndpointSettings>> },
): Record<string, EndpointSettings> {
	const { mode } = options;
	if (mode.startsWith("container:")) return {};
	const network = networks.get(mode);
	const endpoints: Record<string, EndpointSettings> = { [network.name]: {} };
	for (const [reference, settings] of Object.entries(options.requested)) {
		const name = networks.get(reference === "default" ? "bridge" : reference).name;
		if (name !== network.name) {
			throw new EngineError(
				"invalid_argument",
				`connecting a container to a second network (${name} beside ${network.name}) is not supported yet`,
			);
		}
		checkSettings(settings, network.driver);
		endpoints[name] = settings;
	}
	return endpoints;
}

function checkSettings(settings: EndpointSettings, driver: NetworkDriver): void {
	const ipam = settings.IPAMConfig ?? {};
	if (ipam.IPv4Address || ipam.IPv6Address)
		throw invalid("user specified IP address is supported on user defined networks only");
	if ((ipam.LinkLocalIPs?.length ?? 0) > 0) throw invalid("link-local addresses are not supported");
	if ((settings.Aliases?.length ?? 0) > 0)
		throw invalid("network-scoped alias is supported only for containers in user defined networks");
	if ((settings.Links?.length ?? 0) > 0) throw invalid("links are not supported");
	if (Object.keys(settings.DriverOpts ?? {}).length > 0)
		throw invalid("driver options of an endpoint are not supported");
	if (settings.MacAddress && driver !== "bridge")
		throw invalid("conflicting options: mac-address and the network mode");
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
