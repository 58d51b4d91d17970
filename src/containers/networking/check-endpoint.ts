import type { EndpointSettings } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { NetworkRecord } from "../../networks/index.ts";
import { isBuiltIn } from "./user-defined.ts";

/** Refuses what a network does not do, with Docker's texts: `invalid_argument`. Addresses are checked when it is joined. */
export function checkEndpoint(
	network: Pick<NetworkRecord, "name" | "driver">,
	settings: EndpointSettings,
): void {
	if (isBuiltIn(network)) checkBuiltIn(settings);
	const hasLink = network.driver !== "host" && network.driver !== "none";
	if (settings.MacAddress && !hasLink) throw invalid("conflicting options: mac-address and the network mode");
	if (Object.keys(settings.DriverOpts ?? {}).length > 0 && !hasLink)
		throw invalid(`network ${network.name} has no driver options for endpoints`);
	for (const link of settings.Links ?? []) parseLink(link);
}

function checkBuiltIn(settings: EndpointSettings): void {
	const { IPv4Address, IPv6Address, LinkLocalIPs = [] } = settings.IPAMConfig ?? {};
	if (IPv4Address || IPv6Address || LinkLocalIPs.length > 0)
		throw invalid("user specified IP address is supported on user defined networks only");
	if ((settings.Aliases?.length ?? 0) > 0)
		throw invalid("network-scoped alias is supported only for containers in user defined networks");
	if ((settings.Links?.length ?? 0) > 0)
		throw invalid(
			"links of an endpoint are supported on user defined networks only; --link serves the bridge",
		);
}

/** `container[:alias]`, as clients write it; a leading slash is Docker's own form. */
export function parseLink(text: string): { readonly container: string; readonly alias: string } {
	const [container = "", alias = container, ...more] = text.split(":");
	if (container === "" || alias === "" || more.length > 0)
		throw invalid(`invalid link: ${JSON.stringify(text)}`);
	const lastPart = (path: string) => path.slice(path.lastIndexOf("/") + 1);
	return { container: lastPart(container), alias: lastPart(alias) };
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
