import { type Static, Type } from "typebox";

export const EndpointIPAMConfig = Type.Object({
	IPv4Address: Type.Optional(Type.String()),
	IPv6Address: Type.Optional(Type.String()),
	LinkLocalIPs: Type.Optional(Type.Array(Type.String())),
});
export type EndpointIPAMConfig = Static<typeof EndpointIPAMConfig>;

export const EndpointSettings = Type.Object({
	IPAMConfig: Type.Optional(EndpointIPAMConfig),
	Links: Type.Optional(Type.Array(Type.String())),
	MacAddress: Type.Optional(Type.String()),
	Aliases: Type.Optional(Type.Array(Type.String())),
	DriverOpts: Type.Optional(Type.Record(Type.String(), Type.String())),
	GwPriority: Type.Optional(Type.Integer()),
	NetworkID: Type.Optional(Type.String()),
	EndpointID: Type.Optional(Type.String()),
	Gateway: Type.Optional(Type.String()),
	IPAddress: Type.Optional(Type.String()),
	IPPrefixLen: Type.Optional(Type.Integer()),
	IPv6Gateway: Type.Optional(Type.String()),
	GlobalIPv6Address: Type.Optional(Type.String()),
	GlobalIPv6PrefixLen: Type.Optional(Type.Integer()),
	DNSNames: Type.Optional(Type.Array(Type.String())),
});
export type EndpointSettings = Static<typeof EndpointSettings>;

export const NetworkingConfig = Type.Object({
	EndpointsConfig: Type.Optional(Type.Record(Type.String(), EndpointSettings)),
});
export type NetworkingConfig = Static<typeof NetworkingConfig>;
