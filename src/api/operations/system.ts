/** The engine itself. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { SystemDataUsageResponse } from "../schemas/disk-usage.ts";
import { Filters } from "../schemas/filters.ts";
import { AuthConfig, AuthResponse } from "../schemas/image.ts";
import { EventMessage, SystemInfo, SystemVersion } from "../schemas/system.ts";

const none = Type.Object({});

/** Check auth configuration. */
export const systemAuth = operation({
	id: "SystemAuth",
	method: "POST",
	path: "/auth",
	since: "1.24",
	query: none,
	body: AuthConfig,
	result: AuthResponse,
	status: 200,
});

/** Get system information. */
export const systemInfo = operation({
	id: "SystemInfo",
	method: "GET",
	path: "/info",
	since: "1.24",
	query: none,
	result: SystemInfo,
	status: 200,
});

/** Get version. */
export const systemVersion = operation({
	id: "SystemVersion",
	method: "GET",
	path: "/version",
	since: "1.24",
	query: none,
	result: SystemVersion,
	status: 200,
});

/** Ping. */
export const systemPing = operation({
	id: "SystemPing",
	method: "GET",
	path: "/_ping",
	since: "1.24",
	query: none,
	status: 200,
});

/** Ping. */
export const systemPingHead = operation({
	id: "SystemPingHead",
	method: "HEAD",
	path: "/_ping",
	since: "1.40",
	query: none,
	status: 200,
});

/** Monitor events. */
export const systemEvents = operation({
	id: "SystemEvents",
	method: "GET",
	path: "/events",
	since: "1.24",
	query: Type.Object({
		since: Type.Optional(Type.String()),
		until: Type.Optional(Type.String()),
		filters: Type.Optional(Filters),
	}),
	result: EventMessage,
	stream: "json-lines",
	status: 200,
});

/** Get data usage information. */
export const systemDataUsage = operation({
	id: "SystemDataUsage",
	method: "GET",
	path: "/system/df",
	since: "1.25",
	query: Type.Object({
		type: Type.Optional(Type.Array(Type.String())),
		verbose: Type.Optional(Type.Boolean()),
	}),
	result: SystemDataUsageResponse,
	status: 200,
});
