/** The engine's own registry. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { RegistryServeRequest, ServedRegistry } from "../schemas/registry.ts";

/**
 * Serve the engine's images as a registry. The answer is one JSON document a line: the registry, then each request that
 * it answered. It ends when the client goes away; with `Detach` the answer is the first line and it serves on.
 */
export const registryServe = operation({
	id: "HullRegistryServe",
	method: "POST",
	path: "/hull/registry/serve",
	since: "1.24",
	query: Type.Object({}),
	body: RegistryServeRequest,
	stream: "json-lines",
	status: 200,
});

/** The registries that are served now. */
export const registryList = operation({
	id: "HullRegistryList",
	method: "GET",
	path: "/hull/registry/json",
	since: "1.24",
	query: Type.Object({}),
	result: Type.Array(ServedRegistry),
	status: 200,
});

/** Stop one, by its address. */
export const registryStop = operation({
	id: "HullRegistryStop",
	method: "DELETE",
	path: "/hull/registry/:address",
	since: "1.24",
	query: Type.Object({}),
	status: 204,
});
