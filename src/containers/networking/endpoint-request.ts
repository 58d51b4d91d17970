import type { EndpointSettings } from "../../api/index.ts";
import type { EndpointRequest, NetworkRecord } from "../../networks/index.ts";
import type { ContainerRecord } from "../record/record.ts";
import { egressOf } from "./egress-of.ts";
import { endpointNames } from "./endpoint-names.ts";
import { isBuiltIn } from "./user-defined.ts";

/** What the networks' room is asked for on a container's behalf. */
export function endpointRequest(
	record: ContainerRecord,
	{ network, settings }: { readonly network: NetworkRecord; readonly settings: EndpointSettings },
): EndpointRequest {
	const { IPv4Address, IPv6Address, LinkLocalIPs } = settings.IPAMConfig ?? {};
	return {
		networkId: network.id,
		containerId: record.id,
		...(IPv4Address ? { ipv4Address: IPv4Address } : {}),
		...(IPv6Address ? { ipv6Address: IPv6Address } : {}),
		...(LinkLocalIPs?.length ? { linkLocalAddresses: LinkLocalIPs } : {}),
		...(settings.MacAddress ? { macAddress: settings.MacAddress } : {}),
		...(settings.DriverOpts ? { driverOptions: settings.DriverOpts } : {}),
		...(isBuiltIn(network) ? {} : { names: endpointNames(record, settings) }),
		gatewayPriority: settings.GwPriority ?? 0,
		egress: egressOf(record),
	};
}
