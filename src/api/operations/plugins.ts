/** Managed plugins. Engine API, section of the same name. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { Filters } from "../schemas/filters.ts";

const none = Type.Object({});

/** List plugins. */
export const pluginList = operation({
	id: "PluginList",
	method: "GET",
	path: "/plugins",
	since: "1.25",
	query: Type.Object({ filters: Type.Optional(Filters) }),
	status: 200,
});

/** Get plugin privileges. */
export const getPluginPrivileges = operation({
	id: "GetPluginPrivileges",
	method: "GET",
	path: "/plugins/privileges",
	since: "1.25",
	query: Type.Object({ remote: Type.Optional(Type.String()) }),
	status: 200,
	pending: "managed plugins (GetPluginPrivileges) is not supported yet",
});

/** Install a plugin. */
export const pluginPull = operation({
	id: "PluginPull",
	method: "POST",
	path: "/plugins/pull",
	since: "1.25",
	query: Type.Object({ remote: Type.Optional(Type.String()), name: Type.Optional(Type.String()) }),
	stream: "progress",
	status: 204,
	pending: "managed plugins (PluginPull) is not supported yet",
});

/** Inspect a plugin. */
export const pluginInspect = operation({
	id: "PluginInspect",
	method: "GET",
	path: "/plugins/:name/json",
	since: "1.25",
	query: none,
	status: 200,
});

/** Remove a plugin. */
export const pluginDelete = operation({
	id: "PluginDelete",
	method: "DELETE",
	path: "/plugins/:name",
	since: "1.25",
	query: Type.Object({ force: Type.Optional(Type.Boolean()) }),
	status: 200,
});

/** Enable a plugin. */
export const pluginEnable = operation({
	id: "PluginEnable",
	method: "POST",
	path: "/plugins/:name/enable",
	since: "1.25",
	query: Type.Object({ timeout: Type.Optional(Type.Integer()) }),
	status: 200,
});

/** Disable a plugin. */
export const pluginDisable = operation({
	id: "PluginDisable",
	method: "POST",
	path: "/plugins/:name/disable",
	since: "1.25",
	query: Type.Object({ force: Type.Optional(Type.Boolean()) }),
	status: 200,
});

/** Upgrade a plugin. */
export const pluginUpgrade = operation({
	id: "PluginUpgrade",
	method: "POST",
	path: "/plugins/:name/upgrade",
	since: "1.26",
	query: Type.Object({ remote: Type.Optional(Type.String()) }),
	stream: "progress",
	status: 204,
	pending: "managed plugins (PluginUpgrade) is not supported yet",
});

/** Create a plugin. */
export const pluginCreate = operation({
	id: "PluginCreate",
	method: "POST",
	path: "/plugins/create",
	since: "1.25",
	query: Type.Object({ name: Type.Optional(Type.String()) }),
	stream: "progress",
	status: 204,
	pending: "managed plugins (PluginCreate) is not supported yet",
});

/** Push a plugin. */
export const pluginPush = operation({
	id: "PluginPush",
	method: "POST",
	path: "/plugins/:name/push",
	since: "1.25",
	query: none,
	stream: "progress",
	status: 200,
});

/** Configure a plugin. */
export const pluginSet = operation({
	id: "PluginSet",
	method: "POST",
	path: "/plugins/:name/set",
	since: "1.25",
	query: none,
	status: 204,
});
