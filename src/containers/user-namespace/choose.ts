import type { HostConfig } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import type { ContainerMount, ContainerRecord } from "../record/record.ts";
import type { DefaultUserNamespace } from "./default.ts";
import { needsNamespace } from "./map-mount.ts";

/** `container`: that of another, by id; `what` is shared with it. */
export type UserNamespaceChoice =
	| DefaultUserNamespace
	| { readonly kind: "container"; readonly id: string; readonly what: string };

/**
 * Which user namespace a container is in. One that does not say and joins another container's namespaces is in that
 * one's, since those belong to it.
 */
export function chooseUserNamespace(
	context: Pick<Context, "defaultUserNamespace">,
	{ hostConfig }: Pick<ContainerRecord, "hostConfig">,
): UserNamespaceChoice {
	const { UsernsMode: mode = "", Isolation: isolation } = hostConfig;
	if (isolation === "vm" || mode === "host") return { kind: "host" };
	if (mode === "auto" || mode === "private") return { kind: "own" };
	const [donor] = mode === "" ? donorsOf(hostConfig) : [{ id: idIn(mode), what: "user namespace" }];
	if (donor === undefined) return context.defaultUserNamespace;
	return { kind: "container", ...donor };
}

/** Containers whose network, IPC or process namespace is joined; all ids are resolved. */
export function donorsOf(hostConfig: HostConfig): { readonly id: string; readonly what: string }[] {
	const modes = [
		["network", hostConfig.NetworkMode],
		["IPC", hostConfig.IpcMode],
		["PID", hostConfig.PidMode],
	] as const;
	return modes.flatMap(([what, mode = ""]) =>
		mode.startsWith("container:") ? [{ id: idIn(mode), what }] : [],
	);
}

function idIn(mode: string): string {
	return mode.slice("container:".length);
}

/**
 * Refuses what has no meaning in a user namespace of the container's own, in Docker's words where it has them: the
 * host's namespaces and devices belong to the host's root. `invalid_argument`.
 */
export function checkUserNamespace(
	context: Pick<Context, "defaultUserNamespace" | "registry">,
	record: Pick<ContainerRecord, "hostConfig" | "mounts">,
): void {
	const { hostConfig } = record;
	const choice = chooseUserNamespace(context, record);
	const owner = ownerOf(context, choice);
	for (const mount of record.mounts) checkIdmap(mount, hostConfig.Isolation === "vm", owner === "host");
	for (const { id, what } of donorsOf(hostConfig)) {
		if (ownerOf(context, { kind: "container", id, what }) === owner) continue;
		throw new EngineError(
			"invalid_argument",
			`HostConfig.UsernsMode: the ${what} namespace of container ${id} belongs to another user namespace: ` +
				`join both (container:${id}), or neither`,
		);
	}
	if (owner === "host") return;
	if (hostConfig.Privileged)
		throw invalid(
			"privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode",
		);
	if (hostConfig.NetworkMode === "host") throw sharing("host's network");
	if (hostConfig.PidMode === "host") throw sharing("host PID");
	if (hostConfig.IpcMode === "host") throw sharing("host IPC");
}

/** Errors: `invalid_argument` for an `idmap` that nobody could carry out. */
function checkIdmap(mount: ContainerMount, isMachine: boolean, isHost: boolean): void {
	if (mount.type !== "bind" || mount.idmap === undefined) return;
	if (isMachine) throw invalid(`mount ${mount.target}: isolation vm does not support idmap`);
	if (isHost && mount.idmap.uids.length === 0) throw needsNamespace(mount);
}

/** `host`, or what tells a user namespace from others. */
function ownerOf(context: Pick<Context, "defaultUserNamespace" | "registry">, choice: UserNamespaceChoice) {
	let current = choice;
	let owner: unknown = choice;
	while (current.kind === "container") {
		const { id } = current;
		owner = id;
		const donor = context.registry.byId(id);
		if (donor === undefined) return owner;
		current = chooseUserNamespace(context, donor.record);
	}
	return current.kind === "host" ? "host" : owner;
}

function sharing(what: string): EngineError {
	return invalid(`cannot share the ${what} namespace when user namespaces are enabled`);
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
