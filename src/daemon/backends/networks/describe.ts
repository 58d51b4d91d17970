import {
	type EndpointResource,
	egressAnnotation,
	type IPAMConfig,
	type Network,
} from "../../../api/index.ts";
import type { Endpoint, NetworkRecord, SubnetRecord } from "../../../networks/index.ts";
import { driverName } from "./filter.ts";

/** A network in the Engine API's words, without its endpoints. */
export function describeNetwork(network: NetworkRecord): Network {
	return {
		Name: network.name,
		Id: network.id,
		Created: network.createdAt,
		Scope: "local",
		Driver: driverName(network),
		EnableIPv4: network.enableIpv4,
		EnableIPv6: network.enableIpv6,
		IPAM: {
			Driver: "default",
			Options: { ...network.ipamOptions },
			Config: network.subnets.map(describePool),
		},
		Internal: network.internal,
		Attachable: network.attachable,
		Ingress: false,
		ConfigFrom: { Network: "" },
		ConfigOnly: false,
		Options: {
			...network.options,
			...(network.egress === undefined ? {} : { [egressAnnotation]: network.egress }),
		},
		Labels: { ...network.labels },
	};
}

function describePool({ subnet, gateway, ipRange, auxiliaryAddresses }: SubnetRecord): IPAMConfig {
	return {
		Subnet: subnet,
		...(ipRange ? { IPRange: ipRange } : {}),
		...(gateway ? { Gateway: gateway } : {}),
		...(auxiliaryAddresses && Object.keys(auxiliaryAddresses).length > 0
			? { AuxiliaryAddresses: { ...auxiliaryAddresses } }
			: {}),
	};
}

export function describeEndpoint(endpoint: Endpoint, containerName: string): EndpointResource {
	return {
		Name: containerName,
		EndpointID: endpoint.id,
		MacAddress: endpoint.macAddress,
		IPv4Address: withPrefix(endpoint.ipv4Address, endpoint.ipv4PrefixLength),
		IPv6Address: withPrefix(endpoint.ipv6Address, endpoint.ipv6PrefixLength),
	};
}

function withPrefix(address: string, length: number): string {
	return address === "" ? "" : `${address}/${length}`;
}
