/** Volumes. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { Filters } from "../schemas/filters.ts";
import { Volume, VolumeCreateRequest, VolumeListResponse, VolumePruneResponse } from "../schemas/volume.ts";

const none = Type.Object({});

/** List volumes. */
export const volumeList = operation({
	id: "VolumeList",
	method: "GET",
	path: "/volumes",
	since: "1.24",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	result: VolumeListResponse,
	status: 200,
});

/** Create a volume. */
export const volumeCreate = operation({
	id: "VolumeCreate",
	method: "POST",
	path: "/volumes/create",
	since: "1.24",
	query: none,
	body: VolumeCreateRequest,
	result: Volume,
	status: 201,
});

/** Inspect a volume. */
export const volumeInspect = operation({
	id: "VolumeInspect",
	method: "GET",
	path: "/volumes/:name",
	since: "1.24",
	query: none,
	result: Volume,
	status: 200,
});

/** Update a volume. Valid only for Swarm cluster volumes. */
export const volumeUpdate = operation({
	id: "VolumeUpdate",
	method: "PUT",
	path: "/volumes/:name",
	since: "1.42",
	query: Type.Object({ version: Type.Optional(Type.Integer()) }),
	status: 200,
});

/** Remove a volume. */
export const volumeDelete = operation({
	id: "VolumeDelete",
	method: "DELETE",
	path: "/volumes/:name",
	since: "1.24",
	query: Type.Object({ force: Type.Optional(Type.Boolean()) }),
	status: 204,
});

/** Delete unused volumes. */
export const volumePrune = operation({
	id: "VolumePrune",
	method: "POST",
	path: "/volumes/prune",
	since: "1.25",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	result: VolumePruneResponse,
	status: 200,
});
