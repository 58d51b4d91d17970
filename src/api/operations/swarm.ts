/** Swarm mode. Hull is never part of a swarm and answers as a Docker engine outside of one. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { Filters } from "../schemas/filters.ts";

const none = Type.Object({});

/** List nodes. */
export const nodeList = operation({
	id: "NodeList",
	method: "GET",
	path: "/nodes",
	since: "1.24",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	status: 200,
});

/** Inspect a node. */
export const nodeInspect = operation({
	id: "NodeInspect",
	method: "GET",
	path: "/nodes/:id",
	since: "1.24",
	query: none,
	status: 200,
});

/** Delete a node. */
export const nodeDelete = operation({
	id: "NodeDelete",
	method: "DELETE",
	path: "/nodes/:id",
	since: "1.24",
	query: Type.Object({ force: Type.Optional(Type.Boolean()) }),
	status: 200,
});

/** Update a node. */
export const nodeUpdate = operation({
	id: "NodeUpdate",
	method: "POST",
	path: "/nodes/:id/update",
	since: "1.24",
	query: Type.Object({ version: Type.Optional(Type.Integer()) }),
	status: 200,
});

/** Inspect swarm. */
export const swarmInspect = operation({
	id: "SwarmInspect",
	method: "GET",
	path: "/swarm",
	since: "1.24",
	query: none,
	status: 200,
});

/** Initialize a new swarm. */
export const swarmInit = operation({
	id: "SwarmInit",
	method: "POST",
	path: "/swarm/init",
	since: "1.24",
	query: none,
	status: 200,
	pending: "swarm mode (SwarmInit) is not supported yet",
});

/** Join an existing swarm. */
export const swarmJoin = operation({
	id: "SwarmJoin",
	method: "POST",
	path: "/swarm/join",
	since: "1.24",
	query: none,
	status: 200,
	pending: "swarm mode (SwarmJoin) is not supported yet",
});

/** Leave a swarm. */
export const swarmLeave = operation({
	id: "SwarmLeave",
	method: "POST",
	path: "/swarm/leave",
	since: "1.24",
	query: Type.Object({ force: Type.Optional(Type.Boolean()) }),
	status: 200,
});

/** Update a swarm. */
export const swarmUpdate = operation({
	id: "SwarmUpdate",
	method: "POST",
	path: "/swarm/update",
	since: "1.24",
	query: Type.Object({
		version: Type.Optional(Type.Integer()),
		rotateWorkerToken: Type.Optional(Type.Boolean()),
		rotateManagerToken: Type.Optional(Type.Boolean()),
		rotateManagerUnlockKey: Type.Optional(Type.Boolean()),
	}),
	status: 200,
});

/** Get the unlock key. */
export const swarmUnlockkey = operation({
	id: "SwarmUnlockkey",
	method: "GET",
	path: "/swarm/unlockkey",
	since: "1.24",
	query: none,
	status: 200,
});

/** Unlock a locked manager. */
export const swarmUnlock = operation({
	id: "SwarmUnlock",
	method: "POST",
	path: "/swarm/unlock",
	since: "1.24",
	query: none,
	status: 200,
});

/** List services. */
export const serviceList = operation({
	id: "ServiceList",
	method: "GET",
	path: "/services",
	since: "1.24",
	query: Type.Object({ filters: Type.Optional(Filters), status: Type.Optional(Type.Boolean()) }),
	status: 200,
});

/** Create a service. */
export const serviceCreate = operation({
	id: "ServiceCreate",
	method: "POST",
	path: "/services/create",
	since: "1.24",
	query: none,
	status: 201,
});

/** Inspect a service. */
export const serviceInspect = operation({
	id: "ServiceInspect",
	method: "GET",
	path: "/services/:id",
	since: "1.24",
	query: Type.Object({ insertDefaults: Type.Optional(Type.Boolean()) }),
	status: 200,
});

/** Delete a service. */
export const serviceDelete = operation({
	id: "ServiceDelete",
	method: "DELETE",
	path: "/services/:id",
	since: "1.24",
	query: none,
	status: 200,
});

/** Update a service. */
export const serviceUpdate = operation({
	id: "ServiceUpdate",
	method: "POST",
	path: "/services/:id/update",
	since: "1.24",
	query: Type.Object({
		version: Type.Optional(Type.Integer()),
		registryAuthFrom: Type.Optional(Type.String()),
		rollback: Type.Optional(Type.String()),
	}),
	status: 200,
});

/** Get service logs. */
export const serviceLogs = operation({
	id: "ServiceLogs",
	method: "GET",
	path: "/services/:id/logs",
	since: "1.29",
	query: Type.Object({
		details: Type.Optional(Type.Boolean()),
		follow: Type.Optional(Type.Boolean()),
		stdout: Type.Optional(Type.Boolean()),
		stderr: Type.Optional(Type.Boolean()),
		since: Type.Optional(Type.String()),
		timestamps: Type.Optional(Type.Boolean()),
		tail: Type.Optional(Type.String()),
	}),
	stream: "raw",
	status: 200,
});

/** List tasks. */
export const taskList = operation({
	id: "TaskList",
	method: "GET",
	path: "/tasks",
	since: "1.24",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	status: 200,
});

/** Inspect a task. */
export const taskInspect = operation({
	id: "TaskInspect",
	method: "GET",
	path: "/tasks/:id",
	since: "1.24",
	query: none,
	status: 200,
});

/** Get task logs. */
export const taskLogs = operation({
	id: "TaskLogs",
	method: "GET",
	path: "/tasks/:id/logs",
	since: "1.29",
	query: Type.Object({
		details: Type.Optional(Type.Boolean()),
		follow: Type.Optional(Type.Boolean()),
		stdout: Type.Optional(Type.Boolean()),
		stderr: Type.Optional(Type.Boolean()),
		since: Type.Optional(Type.String()),
		timestamps: Type.Optional(Type.Boolean()),
		tail: Type.Optional(Type.String()),
	}),
	stream: "raw",
	status: 200,
});

/** List secrets. */
export const secretList = operation({
	id: "SecretList",
	method: "GET",
	path: "/secrets",
	since: "1.25",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	status: 200,
});

/** Create a secret. */
export const secretCreate = operation({
	id: "SecretCreate",
	method: "POST",
	path: "/secrets/create",
	since: "1.25",
	query: none,
	status: 201,
});

/** Inspect a secret. */
export const secretInspect = operation({
	id: "SecretInspect",
	method: "GET",
	path: "/secrets/:id",
	since: "1.25",
	query: none,
	status: 200,
});

/** Delete a secret. */
export const secretDelete = operation({
	id: "SecretDelete",
	method: "DELETE",
	path: "/secrets/:id",
	since: "1.25",
	query: none,
	status: 204,
});

/** Update a Secret. */
export const secretUpdate = operation({
	id: "SecretUpdate",
	method: "POST",
	path: "/secrets/:id/update",
	since: "1.25",
	query: Type.Object({ version: Type.Optional(Type.Integer()) }),
	status: 200,
});

/** List configs. */
export const configList = operation({
	id: "ConfigList",
	method: "GET",
	path: "/configs",
	since: "1.30",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	status: 200,
});

/** Create a config. */
export const configCreate = operation({
	id: "ConfigCreate",
	method: "POST",
	path: "/configs/create",
	since: "1.30",
	query: none,
	status: 201,
});

/** Inspect a config. */
export const configInspect = operation({
	id: "ConfigInspect",
	method: "GET",
	path: "/configs/:id",
	since: "1.30",
	query: none,
	status: 200,
});

/** Delete a config. */
export const configDelete = operation({
	id: "ConfigDelete",
	method: "DELETE",
	path: "/configs/:id",
	since: "1.30",
	query: none,
	status: 204,
});

/** Update a Config. */
export const configUpdate = operation({
	id: "ConfigUpdate",
	method: "POST",
	path: "/configs/:id/update",
	since: "1.30",
	query: Type.Object({ version: Type.Optional(Type.Integer()) }),
	status: 200,
});
