/** Exec: further processes in running containers. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { ExecCreateRequest, ExecInspectResponse, ExecStartRequest } from "../schemas/exec.ts";
import { IDResponse } from "../schemas/image.ts";

const none = Type.Object({});

/** Create an exec instance. */
export const containerExec = operation({
	id: "ContainerExec",
	method: "POST",
	path: "/containers/:id/exec",
	since: "1.24",
	query: none,
	body: ExecCreateRequest,
	result: IDResponse,
	status: 201,
});

/** Start an exec instance. */
export const execStart = operation({
	id: "ExecStart",
	method: "POST",
	path: "/exec/:id/start",
	since: "1.24",
	query: none,
	body: ExecStartRequest,
	stream: "hijack",
	status: 200,
});

/** Resize an exec instance. */
export const execResize = operation({
	id: "ExecResize",
	method: "POST",
	path: "/exec/:id/resize",
	since: "1.24",
	query: Type.Object({ h: Type.Optional(Type.Integer()), w: Type.Optional(Type.Integer()) }),
	status: 200,
});

/** Inspect an exec instance. */
export const execInspect = operation({
	id: "ExecInspect",
	method: "GET",
	path: "/exec/:id/json",
	since: "1.24",
	query: none,
	result: ExecInspectResponse,
	status: 200,
});
