/** Secrets and configs without a cluster. Hull's own: Docker's are of swarms. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { Filters } from "../schemas/filters.ts";
import { IDResponse } from "../schemas/image.ts";
import { HullSecret, HullSecretCreateRequest, HullSecretUpdateRequest } from "../schemas/secrets.ts";

const none = Type.Object({});
const since = "1.24";
/** `label`, `name`, `id`. */
const filtered = Type.Object({ filters: Type.Optional(Filters) });

export const hullSecretList = operation({
	id: "HullSecretList",
	method: "GET",
	path: "/hull/secrets",
	since,
	query: filtered,
	result: Type.Array(HullSecret),
	status: 200,
});

export const hullSecretCreate = operation({
	id: "HullSecretCreate",
	method: "POST",
	path: "/hull/secrets",
	since,
	query: none,
	body: HullSecretCreateRequest,
	result: IDResponse,
	status: 201,
});

/** Everything but the value. */
export const hullSecretInspect = operation({
	id: "HullSecretInspect",
	method: "GET",
	path: "/hull/secrets/:id",
	since,
	query: none,
	result: HullSecret,
	status: 200,
});

/** Containers get a new value at their next start. */
export const hullSecretUpdate = operation({
	id: "HullSecretUpdate",
	method: "POST",
	path: "/hull/secrets/:id/update",
	since,
	query: none,
	body: HullSecretUpdateRequest,
	status: 204,
});

export const hullSecretDelete = operation({
	id: "HullSecretDelete",
	method: "DELETE",
	path: "/hull/secrets/:id",
	since,
	query: none,
	status: 204,
});

export const hullConfigList = operation({
	id: "HullConfigList",
	method: "GET",
	path: "/hull/configs",
	since,
	query: filtered,
	result: Type.Array(HullSecret),
	status: 200,
});

export const hullConfigCreate = operation({
	id: "HullConfigCreate",
	method: "POST",
	path: "/hull/configs",
	since,
	query: none,
	body: HullSecretCreateRequest,
	result: IDResponse,
	status: 201,
});

/** With the value. */
export const hullConfigInspect = operation({
	id: "HullConfigInspect",
	method: "GET",
	path: "/hull/configs/:id",
	since,
	query: none,
	result: HullSecret,
	status: 200,
});

export const hullConfigUpdate = operation({
	id: "HullConfigUpdate",
	method: "POST",
	path: "/hull/configs/:id/update",
	since,
	query: none,
	body: HullSecretUpdateRequest,
	status: 204,
});

export const hullConfigDelete = operation({
	id: "HullConfigDelete",
	method: "DELETE",
	path: "/hull/configs/:id",
	since,
	query: none,
	status: 204,
});
