import type { HostConfig } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";

/** What shares something of the host's kernel, or of another container's, has no meaning for a kernel of its own. */
const refusals: readonly {
	readonly field: keyof HostConfig & string;
	readonly isSet: (value: never) => boolean;
	readonly text: string;
}[] = [
	mode("NetworkMode", "the host's network, or another container's"),
	mode("PidMode", "the host's process ids, or another container's"),
	mode("IpcMode", "the host's IPC, or another container's"),
	mode("UTSMode", "the host's UTS namespace"),
	{
		field: "UsernsMode",
		isSet: (value: string) => value !== "",
		text: "a user namespace, since its ids are those of a kernel of its own",
	},
	mode("CgroupnsMode", "the host's cgroup namespace"),
	list("Devices", "devices of the host"),
	list("DeviceRequests", "devices of the host"),
	list("DeviceCgroupRules", "rules for devices of the host"),
	{
		field: "Runtime",
		isSet: (value: string) => value !== "",
		text: "an OCI runtime, which runs on the host's kernel",
	},
	{
		field: "CgroupParent",
		isSet: (value: string) => value !== "",
		text: "a parent control group",
	},
];

/**
 * Refuses what a container of isolation vm cannot have, naming the field: `invalid_argument`. `hostConfig` is the
 * request's, before defaults are filled in.
 */
export function refuseForMachine(hostConfig: HostConfig): void {
	for (const { field, isSet, text } of refusals) {
		const value = hostConfig[field];
		if (value === undefined || value === null || !isSet(value as never)) continue;
		throw new EngineError("invalid_argument", `HostConfig.${field}: isolation vm cannot have ${text}`);
	}
}

function mode(field: keyof HostConfig & string, text: string) {
	return { field, text, isSet: (value: string) => value === "host" || value.startsWith("container:") };
}

function list(field: keyof HostConfig & string, text: string) {
	return { field, text, isSet: (value: readonly unknown[]) => value.length > 0 };
}
