import { type Hook, type HookName, hookNames, type Mount } from "../../oci/index.ts";
import type { CdiDeviceNode, CdiEdits, CdiSpec } from "./contract.ts";
import { fail, integer, list, members, type Place, text, texts } from "./shape.ts";

const versions = new Set(["0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0"]);
const kindPattern = /^[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]\/[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?$/;
const namePattern = /^[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?$/;
const mountOption = /^[a-zA-Z0-9_=.:/-]+$/;
const editMembers = ["env", "deviceNodes", "mounts", "hooks", "additionalGids"];

/**
 * Checks a file's content, member by member: one that is not known, or that this engine does not serve (`netDevices`,
 * `intelRdt`), is an error that names it. Throws `invalid_argument`.
 */
export function parseCdiSpec(path: string, content: unknown): CdiSpec {
	const place: Place = { where: path, value: content };
	const file = members(place, ["cdiVersion", "kind", "annotations", "devices", "containerEdits"]);
	const version = text(file("cdiVersion"));
	if (!versions.has(version)) throw fail(file("cdiVersion"), `one of ${[...versions].join(", ")}`);
	const kind = text(file("kind"));
	if (!kindPattern.test(kind)) throw fail(file("kind"), "vendor.com/class");
	const devices = new Map<string, CdiEdits>();
	for (const entry of list(file("devices"))) {
		const device = members(entry, ["name", "annotations", "containerEdits"]);
		const name = text(device("name"));
		if (!namePattern.test(name)) throw fail(device("name"), "a device's name");
		if (devices.has(name)) throw fail(device("name"), `a name of its own, not ${name} again`);
		devices.set(name, parseEdits(device("containerEdits")));
	}
	if (devices.size === 0) throw fail(file("devices"), "at least one device");
	return { path, kind, devices, edits: parseEdits(file("containerEdits")) };
}

function parseEdits(place: Place): CdiEdits {
	const edits = members({ ...place, value: place.value ?? {} }, editMembers);
	return {
		env: list(edits("env")).map(parseVariable),
		deviceNodes: list(edits("deviceNodes")).map(parseDeviceNode),
		mounts: list(edits("mounts")).map(parseMount),
		hooks: list(edits("hooks")).map(parseHook),
		additionalGids: list(edits("additionalGids")).map((gid) => integer(gid, 2 ** 32 - 2)),
	};
}

function parseVariable(place: Place): string {
	const variable = text(place);
	if (!/^[^=]+=/.test(variable)) throw fail(place, "NAME=value");
	return variable;
}

function parseDeviceNode(place: Place): CdiDeviceNode {
	const names = ["path", "hostPath", "type", "major", "minor", "fileMode", "permissions", "uid", "gid"];
	const node = members(place, names);
	const optional = (name: string, most: number) =>
		node(name).value === undefined ? undefined : integer(node(name), most);
	const path = absolute(node("path"));
	const type = node("type").value === undefined ? "" : text(node("type"));
	if (!["", "b", "c", "u", "p"].includes(type)) throw fail(node("type"), "b, c, u or p");
	const access = node("permissions").value === undefined ? "" : text(node("permissions"));
	if (!/^[rwm]{0,3}$/.test(access)) throw fail(node("permissions"), "letters of rwm");
	return {
		path,
		hostPath: node("hostPath").value ? absolute(node("hostPath")) : path,
		type: (type || undefined) as CdiDeviceNode["type"],
		major: optional("major", 2 ** 32 - 1),
		minor: optional("minor", 2 ** 32 - 1),
		fileMode: optional("fileMode", 0o7777),
		uid: optional("uid", 2 ** 32 - 2),
		gid: optional("gid", 2 ** 32 - 2),
		access: access || "rwm",
	};
}

function parseMount(place: Place): Mount {
	const mount = members(place, ["hostPath", "containerPath", "type", "options"]);
	const options = texts(mount("options"));
	const wrongOption = options.find((option) => !mountOption.test(option));
	if (wrongOption !== undefined) throw fail(mount("options"), `options of mount, not ${wrongOption}`);
	const type = mount("type").value ? text(mount("type")) : "bind";
	if (type !== "bind" && type !== "tmpfs") throw fail(mount("type"), "bind or tmpfs");
	const isBind = options.some((option) => option === "bind" || option === "rbind");
	return {
		destination: absolute(mount("containerPath")),
		type,
		source: type === "bind" ? absolute(mount("hostPath")) : text(mount("hostPath")),
		options: type === "bind" && !isBind ? ["rbind", ...options] : options,
	};
}

function parseHook(place: Place): Hook & { name: HookName } {
	const hook = members(place, ["hookName", "path", "args", "env", "timeout"]);
	const name = text(hook("hookName"));
	if (!isHookName(name)) throw fail(hook("hookName"), `one of ${hookNames.join(", ")}`);
	return {
		name,
		path: absolute(hook("path")),
		args: texts(hook("args")),
		env: list(hook("env")).map(parseVariable),
		...(hook("timeout").value === undefined ? {} : { timeout: integer(hook("timeout"), 3600) }),
	};
}

function isHookName(name: string): name is HookName {
	return (hookNames as readonly string[]).includes(name);
}

function absolute(place: Place): string {
	const path = text(place);
	if (!path.startsWith("/")) throw fail(place, "an absolute path");
	return path;
}
