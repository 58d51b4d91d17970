/** Builds. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
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
		extrahosts: Type.Optional(Type.String()),
		remote: Type.Optional(Type.String()),
		q: Type.Optional(Type.Boolean()),
		nocache: Type.Optional(Type.Boolean()),
		cachefrom: Type.Optional(Type.String()),
		pull: Type.Optional(Type.String()),
		rm: Type.Optional(Type.Boolean()),
		forcerm: Type.Optional(Type.Boolean()),
		memory: Type.Optional(Type.Integer()),
		memswap: Type.Optional(Type.Integer()),
		cpushares: Type.Optional(Type.Integer()),
		cpusetcpus: Type.Optional(Type.String()),
		cpuperiod: Type.Optional(Type.Integer()),
		cpuquota: Type.Optional(Type.Integer()),
		buildargs: Type.Optional(Type.String()),
		shmsize: Type.Optional(Type.Integer()),
		squash: Type.Optional(Type.Boolean()),
		labels: Type.Optional(Type.String()),
		networkmode: Type.Optional(Type.String()),
		platform: Type.Optional(Type.String()),
		target: Type.Optional(Type.String()),
		outputs: Type.Optional(Type.String()),
		version: Type.Optional(Type.String()),
	}),
	stream: "progress",
	status: 200,
	pending: "building images (ImageBuild) is not supported yet",
});

/** Delete builder cache. */
export const buildPrune = operation({
	id: "BuildPrune",
	method: "POST",
	path: "/build/prune",
	since: "1.31",
	query: Type.Object({
		"reserved-space": Type.Optional(Type.Integer()),
		"max-used-space": Type.Optional(Type.Integer()),
		"min-free-space": Type.Optional(Type.Integer()),
		all: Type.Optional(Type.Boolean()),
		filters: Type.Optional(Filters),
	}),
	status: 200,
	pending: "pruning the build cache (BuildPrune) is not supported yet",
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
	pending: "interactive build sessions (Session) is not supported yet",
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
	pending: "grpc over the api socket (Grpc) is not supported yet",
});
