/** Networks. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { Filters } from "../schemas/filters.ts";
import {
	Network,
	NetworkConnectRequest,
	NetworkCreateRequest,
	NetworkCreateResponse,
	NetworkDisconnectRequest,
	NetworkInspect,
	NetworkPruneResponse,
} from "../schemas/network.ts";

const none = Type.Object({});

/** List networks. */
export const networkList = operation({
	id: "NetworkList",
	method: "GET",
	path: "/networks",
	since: "1.24",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	result: Type.Array(Network),
	status: 200,
});

/** Inspect a network. */
export const networkInspect = operation({
	id: "NetworkInspect",
	method: "GET",
	path: "/networks/:id",
	since: "1.24",
	query: Type.Object({ verbose: Type.Optional(Type.Boolean()), scope: Type.Optional(Type.String()) }),
	result: NetworkInspect,
	status: 200,
});

/** Remove a network. */
export const networkDelete = operation({
	id: "NetworkDelete",
	method: "DELETE",
	path: "/networks/:id",
	since: "1.24",
	query: none,
	status: 204,
});

/** Create a network. */
export const networkCreate = operation({
	id: "NetworkCreate",
	method: "POST",
	path: "/networks/create",
	since: "1.24",
	query: none,
	body: NetworkCreateRequest,
	result: NetworkCreateResponse,
	status: 201,
});

/** Connect a container to a network. */
export const networkConnect = operation({
	id: "NetworkConnect",
	method: "POST",
	path: "/networks/:id/connect",
	since: "1.24",
	query: none,
	body: NetworkConnectRequest,
	status: 200,
});

/** Disconnect a container from a network. */
export const networkDisconnect = operation({
	id: "NetworkDisconnect",
	method: "POST",
	path: "/networks/:id/disconnect",
	since: "1.24",
	query: none,
	body: NetworkDisconnectRequest,
	status: 200,
});

/** Delete unused networks. */
export const networkPrune = operation({
	id: "NetworkPrune",
	method: "POST",
	path: "/networks/prune",
	since: "1.25",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	result: NetworkPruneResponse,
	status: 200,
});
