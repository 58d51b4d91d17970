/** Builds. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { BuildPruneResponse, HullBuildMount, HullBuildRecord } from "../schemas/build.ts";
import { Filters } from "../schemas/filters.ts";

const none = Type.Object({});

/** Build an image. */
export const imageBuild = operation({
	id: "ImageBuild",
	method: "POST",
	path: "/build",
	since: "1.24",
	query: Type.Object({
		dockerfile: Type.Optional(Type.String()),
		t: Type.Optional(Type.Array(Type.String())),
		extrahosts: Type.Optional(Type.Array(Type.String())),
		remote: Type.Optional(Type.String()),
		q: Type.Optional(Type.Boolean()),
		nocache: Type.Optional(Type.Boolean()),
		cachefrom: Type.Optional(Type.String()),
		pull: Type.Optional(Type.Boolean()),
		rm: Type.Optional(Type.Boolean()),
		forcerm: Type.Optional(Type.Boolean()),
		memory: Type.Optional(Type.Integer()),
		memswap: Type.Optional(Type.Integer()),
		cpushares: Type.Optional(Type.Integer()),
		cpusetcpus: Type.Optional(Type.String()),
		cpusetmems: Type.Optional(Type.String()),
		cpuperiod: Type.Optional(Type.Integer()),
		cpuquota: Type.Optional(Type.Integer()),
		cgroupparent: Type.Optional(Type.String()),
		buildargs: Type.Optional(Type.String()),
		shmsize: Type.Optional(Type.Integer()),
		squash: Type.Optional(Type.Boolean()),
		labels: Type.Optional(Type.String()),
		ulimits: Type.Optional(Type.String()),
		networkmode: Type.Optional(Type.String()),
		isolation: Type.Optional(Type.String()),
		securityopt: Type.Optional(Type.Array(Type.String())),
		platform: Type.Optional(Type.String()),
		target: Type.Optional(Type.String()),
		outputs: Type.Optional(Type.String()),
		version: Type.Optional(Type.String()),
		session: Type.Optional(Type.String()),
		buildid: Type.Optional(Type.String()),
	}),
	stream: "progress",
	status: 200,
});

/** Delete builder cache. */
export const buildPrune = operation({
	id: "BuildPrune",
	method: "POST",
	path: "/build/prune",
	since: "1.31",
	query: Type.Object({
		/** The name of `reserved-space` before API 1.48. */
		"keep-storage": Type.Optional(Type.Integer()),
		"reserved-space": Type.Optional(Type.Integer()),
		"max-used-space": Type.Optional(Type.Integer()),
		"min-free-space": Type.Optional(Type.Integer()),
		all: Type.Optional(Type.Boolean()),
		filters: Type.Optional(Filters),
	}),
	result: BuildPruneResponse,
	status: 200,
});

/** End a running build. */
export const buildCancel = operation({
	id: "BuildCancel",
	method: "POST",
	path: "/build/cancel",
	since: "1.31",
	query: Type.Object({ id: Type.Optional(Type.String()) }),
	status: 204,
});

/**
 * Build, with everything that the engine can do. Hull's own. The body is frames (`docs/decisions/0197-builds-of-hull.md`):
 * the request, then contexts as tars. The answer is events, one a line.
 */
export const hullBuild = operation({
	id: "HullBuild",
	method: "POST",
	path: "/hull/build",
	since: "1.24",
	query: none,
	stream: "json-lines",
	status: 200,
});

/** Builds that run and those that ended, the newest first. Hull's own. */
export const hullBuildList = operation({
	id: "HullBuildList",
	method: "GET",
	path: "/hull/builds",
	since: "1.24",
	query: none,
	result: Type.Array(HullBuildRecord),
	status: 200,
});

export const hullBuildInspect = operation({
	id: "HullBuildInspect",
	method: "GET",
	path: "/hull/builds/:id",
	since: "1.24",
	query: none,
	result: HullBuildRecord,
	status: 200,
});

/** A build's events again, from its first; of one that runs also those to come. */
export const hullBuildEvents = operation({
	id: "HullBuildEvents",
	method: "GET",
	path: "/hull/builds/:id/events",
	since: "1.24",
	query: none,
	stream: "json-lines",
	status: 200,
});

/** Folders that RUN steps share (`--mount=type=cache`). Hull's own, as the next three. */
export const hullBuildMountList = operation({
	id: "HullBuildMountList",
	method: "GET",
	path: "/hull/build-mounts",
	since: "1.24",
	query: none,
	result: Type.Array(HullBuildMount),
	status: 200,
});

/** Its content as a tar. Builds that want it wait meanwhile. */
export const hullBuildMountExport = operation({
	id: "HullBuildMountExport",
	method: "GET",
	path: "/hull/build-mounts/archive",
	since: "1.24",
	query: Type.Object({ id: Type.String() }),
	stream: "raw",
	status: 200,
});

/** Make it of a tar, or give it that content instead of its own. */
export const hullBuildMountImport = operation({
	id: "HullBuildMountImport",
	method: "PUT",
	path: "/hull/build-mounts/archive",
	since: "1.24",
	query: Type.Object({ id: Type.String() }),
	stream: "raw",
	status: 204,
});

export const hullBuildMountDelete = operation({
	id: "HullBuildMountDelete",
	method: "DELETE",
	path: "/hull/build-mounts",
	since: "1.24",
	query: Type.Object({ id: Type.String() }),
	status: 204,
});

/** Initialize interactive session. */
export const session = operation({
	id: "Session",
	method: "POST",
	path: "/session",
	since: "1.31",
	query: none,
	stream: "hijack",
	status: 101,
});

/** Serve gRPC (BuildKit). */
export const grpc = operation({
	id: "Grpc",
	method: "POST",
	path: "/grpc",
	since: "1.24",
	query: none,
	stream: "hijack",
	status: 101,
});
