import type { ContainerCreateRequest } from "../../api/index.ts";
import { type ApiVersion, isBefore } from "../api-version.ts";

/** A create request of an older API version with what that version meant by leaving a field out. */
export function adaptCreateRequest(
	request: ContainerCreateRequest,
	version: ApiVersion,
): ContainerCreateRequest {
	const host = { ...request.HostConfig };
	// The default was the host's cgroup namespace before 1.41, and IPC that others can join before 1.40.
	if (isBefore(version, "1.41")) host.CgroupnsMode ||= "host";
	if (isBefore(version, "1.40")) host.IpcMode ||= "shareable";
	return { ...request, HostConfig: host };
}
