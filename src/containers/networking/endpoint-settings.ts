import type { EndpointSettings } from "../../api/index.ts";
import type { Endpoint } from "../../networks/index.ts";
import type { Context } from "../context.ts";
import type { ContainerRecord } from "../record/record.ts";
import { isAlive } from "../record/state.ts";
import { findNetwork } from "./connect-networks.ts";
import { endpointNames } from "./endpoint-names.ts";
import { isBuiltIn } from "./user-defined.ts";

/** `NetworkSettings.Networks`: what was asked of each endpoint and, while it is plugged in, what it got. */
export function endpointSettings(
	context: Pick<Context, "networks">,
	record: ContainerRecord,
): Record<string, EndpointSettings> {
	const alive = isAlive(record.state);
	const entries = Object.entries(record.endpoints).map(([name, requested]) => {
		const network = findNetwork(context, name);
		const endpoint =
			network && context.networks.endpointsOf(network.id).find((at) => at.containerId === record.id);
		const settings = {
			...unsetSettings,
			...emptySettings,
			...requested,
			...(isBuiltIn({ name }) ? {} : { DNSNames: endpointNames(record, requested) }),
			NetworkID: alive && network !== undefined ? network.id : "",
			...(alive && endpoint !== undefined ? addressesOf(endpoint) : {}),
		};
		return [name, settings] as const;
	});
	return Object.fromEntries(entries);
}

/** As dockerd shows what was not asked for. */
const unsetSettings: object = {
	IPAMConfig: null,
	Links: null,
	Aliases: null,
	DriverOpts: null,
	DNSNames: null,
};
const emptySettings: EndpointSettings = {
	MacAddress: "",
	GwPriority: 0,
	NetworkID: "",
	EndpointID: "",
	Gateway: "",
	IPAddress: "",
	IPPrefixLen: 0,
	IPv6Gateway: "",
	GlobalIPv6Address: "",
	GlobalIPv6PrefixLen: 0,
};

function addressesOf(endpoint: Endpoint): EndpointSettings {
	return {
		EndpointID: endpoint.id,
		MacAddress: endpoint.macAddress,
		Gateway: endpoint.ipv4Gateway,
		IPAddress: endpoint.ipv4Address,
		IPPrefixLen: endpoint.ipv4PrefixLength,
		IPv6Gateway: endpoint.ipv6Gateway,
		GlobalIPv6Address: endpoint.ipv6Address,
		GlobalIPv6PrefixLen: endpoint.ipv6PrefixLength,
	};
}
