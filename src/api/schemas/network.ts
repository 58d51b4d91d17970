import { type Static, Type } from "typebox";
import { EndpointSettings } from "./endpoint.ts";

export const IPAMConfig = Type.Object({
	Subnet: Type.Optional(Type.String()),
	IPRange: Type.Optional(Type.String()),
	Gateway: Type.Optional(Type.String()),
	AuxiliaryAddresses: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type IPAMConfig = Static<typeof IPAMConfig>;

export const IPAM = Type.Object({
	Driver: Type.Optional(Type.String()),
	Config: Type.Optional(Type.Array(IPAMConfig)),
	Options: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type IPAM = Static<typeof IPAM>;

export const ConfigReference = Type.Object({
	Network: Type.Optional(Type.String()),
});
export type ConfigReference = Static<typeof ConfigReference>;

export const EndpointResource = Type.Object({
	Name: Type.Optional(Type.String()),
	EndpointID: Type.Optional(Type.String()),
	MacAddress: Type.Optional(Type.String()),
	IPv4Address: Type.Optional(Type.String()),
	IPv6Address: Type.Optional(Type.String()),
});
export type EndpointResource = Static<typeof EndpointResource>;

export const Network = Type.Object({
	Name: Type.Optional(Type.String()),
	Id: Type.Optional(Type.String()),
	Created: Type.Optional(Type.String()),
	Scope: Type.Optional(Type.String()),
	Driver: Type.Optional(Type.String()),
	EnableIPv4: Type.Optional(Type.Boolean()),
	EnableIPv6: Type.Optional(Type.Boolean()),
	IPAM: Type.Optional(IPAM),
	Internal: Type.Optional(Type.Boolean()),
	Attachable: Type.Optional(Type.Boolean()),
	Ingress: Type.Optional(Type.Boolean()),
	ConfigFrom: Type.Optional(ConfigReference),
	ConfigOnly: Type.Optional(Type.Boolean()),
	Options: Type.Optional(Type.Record(Type.String(), Type.String())),
	Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
	Peers: Type.Optional(Type.Array(Type.Unknown())),
});
export type Network = Static<typeof Network>;

/** A network with its endpoints: container id → endpoint. */
export const NetworkInspect = Type.Intersect([
	Network,
	Type.Object({
		Containers: Type.Optional(Type.Record(Type.String(), EndpointResource)),
	}),
]);
export type NetworkInspect = Static<typeof NetworkInspect>;

export const NetworkCreateRequest = Type.Object({
	Name: Type.Optional(Type.String()),
	Driver: Type.Optional(Type.String()),
	Scope: Type.Optional(Type.String()),
	Internal: Type.Optional(Type.Boolean()),
	Attachable: Type.Optional(Type.Boolean()),
	Ingress: Type.Optional(Type.Boolean()),
	ConfigOnly: Type.Optional(Type.Boolean()),
	ConfigFrom: Type.Optional(ConfigReference),
	IPAM: Type.Optional(IPAM),
	EnableIPv4: Type.Optional(Type.Boolean()),
	EnableIPv6: Type.Optional(Type.Boolean()),
	Options: Type.Optional(Type.Record(Type.String(), Type.String())),
	Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type NetworkCreateRequest = Static<typeof NetworkCreateRequest>;

export const NetworkCreateResponse = Type.Object({
	Id: Type.Optional(Type.String()),
	Warning: Type.Optional(Type.String()),
});
export type NetworkCreateResponse = Static<typeof NetworkCreateResponse>;

export const NetworkConnectRequest = Type.Object({
	Container: Type.Optional(Type.String()),
	EndpointConfig: Type.Optional(EndpointSettings),
});
export type NetworkConnectRequest = Static<typeof NetworkConnectRequest>;

export const NetworkDisconnectRequest = Type.Object({
	Container: Type.Optional(Type.String()),
	Force: Type.Optional(Type.Boolean()),
});
export type NetworkDisconnectRequest = Static<typeof NetworkDisconnectRequest>;

export const NetworkPruneResponse = Type.Object({
	NetworksDeleted: Type.Optional(Type.Array(Type.String())),
});
export type NetworkPruneResponse = Static<typeof NetworkPruneResponse>;
