import { type Static, Type } from "typebox";
import { ContainerConfig } from "./container-config.ts";
import { NetworkingConfig } from "./endpoint.ts";
import { HostConfig, Resources, RestartPolicy } from "./host-config.ts";

export const ContainerCreateRequest = Type.Intersect([
	ContainerConfig,
	Type.Object({
		HostConfig: Type.Optional(HostConfig),
		NetworkingConfig: Type.Optional(NetworkingConfig),
		/** Of its main network; from 1.44 on a field of that network's endpoint. */
		MacAddress: Type.Optional(Type.String()),
	}),
]);
export type ContainerCreateRequest = Static<typeof ContainerCreateRequest>;

export const ContainerCreateResponse = Type.Object({
	Id: Type.Optional(Type.String()),
	Warnings: Type.Optional(Type.Array(Type.String())),
});
export type ContainerCreateResponse = Static<typeof ContainerCreateResponse>;

export const ContainerUpdateRequest = Type.Intersect([
	Resources,
	Type.Object({
		RestartPolicy: Type.Optional(RestartPolicy),
	}),
]);
export type ContainerUpdateRequest = Static<typeof ContainerUpdateRequest>;

export const ContainerUpdateResponse = Type.Object({
	Warnings: Type.Optional(Type.Array(Type.String())),
});
export type ContainerUpdateResponse = Static<typeof ContainerUpdateResponse>;
