/** Containers. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import {
	ContainerInspectResponse,
	ContainerPruneResponse,
	ContainerSummary,
	ContainerTopResponse,
	ContainerWaitResponse,
	FilesystemChange,
} from "../schemas/container.ts";
import { ContainerConfig } from "../schemas/container-config.ts";
import {
	ContainerCreateRequest,
	ContainerCreateResponse,
	ContainerUpdateRequest,
	ContainerUpdateResponse,
} from "../schemas/container-create.ts";
import { Filters } from "../schemas/filters.ts";
import { IDResponse } from "../schemas/image.ts";
import { ContainerStatsResponse } from "../schemas/stats.ts";

const none = Type.Object({});

/** List containers. */
export const containerList = operation({
	id: "ContainerList",
	method: "GET",
	path: "/containers/json",
	since: "1.24",
	query: Type.Object({
		all: Type.Optional(Type.Boolean()),
		limit: Type.Optional(Type.Integer()),
		size: Type.Optional(Type.Boolean()),
		filters: Type.Optional(Filters),
	}),
	result: Type.Array(ContainerSummary),
	status: 200,
});

/** Create a container. */
export const containerCreate = operation({
	id: "ContainerCreate",
	method: "POST",
	path: "/containers/create",
	since: "1.24",
	query: Type.Object({ name: Type.Optional(Type.String()), platform: Type.Optional(Type.String()) }),
	body: ContainerCreateRequest,
	result: ContainerCreateResponse,
	status: 201,
});

/** Inspect a container. */
export const containerInspect = operation({
	id: "ContainerInspect",
	method: "GET",
	path: "/containers/:id/json",
	since: "1.24",
	query: Type.Object({ size: Type.Optional(Type.Boolean()) }),
	result: ContainerInspectResponse,
	status: 200,
});

/** List processes running inside a container. */
export const containerTop = operation({
	id: "ContainerTop",
	method: "GET",
	path: "/containers/:id/top",
	since: "1.24",
	query: Type.Object({ ps_args: Type.Optional(Type.String()) }),
	result: ContainerTopResponse,
	status: 200,
});

/** Get container logs. */
export const containerLogs = operation({
	id: "ContainerLogs",
	method: "GET",
	path: "/containers/:id/logs",
	since: "1.24",
	query: Type.Object({
		follow: Type.Optional(Type.Boolean()),
		stdout: Type.Optional(Type.Boolean()),
		stderr: Type.Optional(Type.Boolean()),
		since: Type.Optional(Type.String()),
		until: Type.Optional(Type.String()),
		timestamps: Type.Optional(Type.Boolean()),
		details: Type.Optional(Type.Boolean()),
		tail: Type.Optional(Type.String()),
	}),
	stream: "raw",
	status: 200,
});

/** Get changes on a container’s filesystem. */
export const containerChanges = operation({
	id: "ContainerChanges",
	method: "GET",
	path: "/containers/:id/changes",
	since: "1.24",
	query: none,
	result: Type.Array(FilesystemChange),
	status: 200,
});

/** Export a container. */
export const containerExport = operation({
	id: "ContainerExport",
	method: "GET",
	path: "/containers/:id/export",
	since: "1.24",
	query: none,
	stream: "raw",
	status: 200,
});

/** Get container stats based on resource usage. */
export const containerStats = operation({
	id: "ContainerStats",
	method: "GET",
	path: "/containers/:id/stats",
	since: "1.24",
	query: Type.Object({ stream: Type.Optional(Type.Boolean()), "one-shot": Type.Optional(Type.Boolean()) }),
	result: ContainerStatsResponse,
	stream: "json-lines",
	status: 200,
});

/** Resize a container TTY. */
export const containerResize = operation({
	id: "ContainerResize",
	method: "POST",
	path: "/containers/:id/resize",
	since: "1.24",
	query: Type.Object({ h: Type.Optional(Type.Integer()), w: Type.Optional(Type.Integer()) }),
	status: 200,
});

/** Start a container. */
export const containerStart = operation({
	id: "ContainerStart",
	method: "POST",
	path: "/containers/:id/start",
	since: "1.24",
	query: Type.Object({
		detachKeys: Type.Optional(Type.String()),
		checkpoint: Type.Optional(Type.String()),
		"checkpoint-dir": Type.Optional(Type.String()),
	}),
	status: 204,
});

/** Stop a container. */
export const containerStop = operation({
	id: "ContainerStop",
	method: "POST",
	path: "/containers/:id/stop",
	since: "1.24",
	query: Type.Object({ signal: Type.Optional(Type.String()), t: Type.Optional(Type.Integer()) }),
	status: 204,
});

/** Restart a container. */
export const containerRestart = operation({
	id: "ContainerRestart",
	method: "POST",
	path: "/containers/:id/restart",
	since: "1.24",
	query: Type.Object({ signal: Type.Optional(Type.String()), t: Type.Optional(Type.Integer()) }),
	status: 204,
});

/** Kill a container. */
export const containerKill = operation({
	id: "ContainerKill",
	method: "POST",
	path: "/containers/:id/kill",
	since: "1.24",
	query: Type.Object({ signal: Type.Optional(Type.String()) }),
	status: 204,
});

/** Update a container. */
export const containerUpdate = operation({
	id: "ContainerUpdate",
	method: "POST",
	path: "/containers/:id/update",
	since: "1.24",
	query: none,
	body: ContainerUpdateRequest,
	result: ContainerUpdateResponse,
	status: 200,
});

/** Rename a container. */
export const containerRename = operation({
	id: "ContainerRename",
	method: "POST",
	path: "/containers/:id/rename",
	since: "1.24",
	query: Type.Object({ name: Type.Optional(Type.String()) }),
	status: 204,
});

/** Pause a container. */
export const containerPause = operation({
	id: "ContainerPause",
	method: "POST",
	path: "/containers/:id/pause",
	since: "1.24",
	query: none,
	status: 204,
});

/** Unpause a container. */
export const containerUnpause = operation({
	id: "ContainerUnpause",
	method: "POST",
	path: "/containers/:id/unpause",
	since: "1.24",
	query: none,
	status: 204,
});

/** Attach to a container. */
export const containerAttach = operation({
	id: "ContainerAttach",
	method: "POST",
	path: "/containers/:id/attach",
	since: "1.24",
	query: Type.Object({
		detachKeys: Type.Optional(Type.String()),
		logs: Type.Optional(Type.Boolean()),
		stream: Type.Optional(Type.Boolean()),
		stdin: Type.Optional(Type.Boolean()),
		stdout: Type.Optional(Type.Boolean()),
		stderr: Type.Optional(Type.Boolean()),
	}),
	stream: "hijack",
	status: 101,
});

/** Attach to a container via a websocket. */
export const containerAttachWebsocket = operation({
	id: "ContainerAttachWebsocket",
	method: "GET",
	path: "/containers/:id/attach/ws",
	since: "1.24",
	query: Type.Object({
		detachKeys: Type.Optional(Type.String()),
		logs: Type.Optional(Type.Boolean()),
		stream: Type.Optional(Type.Boolean()),
		stdin: Type.Optional(Type.Boolean()),
		stdout: Type.Optional(Type.Boolean()),
		stderr: Type.Optional(Type.Boolean()),
	}),
	stream: "hijack",
	status: 101,
});

/** Wait for a container. */
export const containerWait = operation({
	id: "ContainerWait",
	method: "POST",
	path: "/containers/:id/wait",
	since: "1.24",
	query: Type.Object({ condition: Type.Optional(Type.String()) }),
	result: ContainerWaitResponse,
	status: 200,
});

/** Remove a container. */
export const containerDelete = operation({
	id: "ContainerDelete",
	method: "DELETE",
	path: "/containers/:id",
	since: "1.24",
	query: Type.Object({
		v: Type.Optional(Type.Boolean()),
		force: Type.Optional(Type.Boolean()),
		link: Type.Optional(Type.Boolean()),
	}),
	status: 204,
});

/** Get information about files in a container. */
export const containerArchiveInfo = operation({
	id: "ContainerArchiveInfo",
	method: "HEAD",
	path: "/containers/:id/archive",
	since: "1.24",
	query: Type.Object({ path: Type.Optional(Type.String()) }),
	status: 200,
});

/** Get an archive of a filesystem resource in a container. */
export const containerArchive = operation({
	id: "ContainerArchive",
	method: "GET",
	path: "/containers/:id/archive",
	since: "1.24",
	query: Type.Object({ path: Type.Optional(Type.String()) }),
	stream: "raw",
	status: 200,
});

/** Extract an archive of files or folders to a directory in a container. */
export const putContainerArchive = operation({
	id: "PutContainerArchive",
	method: "PUT",
	path: "/containers/:id/archive",
	since: "1.24",
	query: Type.Object({
		path: Type.Optional(Type.String()),
		noOverwriteDirNonDir: Type.Optional(Type.Boolean()),
		copyUIDGID: Type.Optional(Type.Boolean()),
	}),
	stream: "raw",
	status: 200,
});

/** Delete stopped containers. */
export const containerPrune = operation({
	id: "ContainerPrune",
	method: "POST",
	path: "/containers/prune",
	since: "1.25",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	result: ContainerPruneResponse,
	status: 200,
});

/** Create a new image from a container. */
export const imageCommit = operation({
	id: "ImageCommit",
	method: "POST",
	path: "/commit",
	since: "1.24",
	query: Type.Object({
		container: Type.Optional(Type.String()),
		repo: Type.Optional(Type.String()),
		tag: Type.Optional(Type.String()),
		comment: Type.Optional(Type.String()),
		author: Type.Optional(Type.String()),
		pause: Type.Optional(Type.Boolean()),
		changes: Type.Optional(Type.Array(Type.String())),
	}),
	body: ContainerConfig,
	result: IDResponse,
	status: 201,
});
