import type { ContainerCreateRequest } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
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
	return { ...withMacAddress(request), HostConfig: host };
}

/** `MacAddress` of the container where it stands now: at the endpoint of its main network. */
function withMacAddress({ MacAddress: address, ...request }: ContainerCreateRequest): ContainerCreateRequest {
	if (!address) return request;
	const network = request.HostConfig?.NetworkMode || "default";
	const endpoints = request.NetworkingConfig?.EndpointsConfig ?? {};
	const endpoint = endpoints[network];
	if (endpoint?.MacAddress && endpoint.MacAddress !== address)
		throw new EngineError(
			"invalid_argument",
			"the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty",
		);
	return {
		...request,
		NetworkingConfig: {
			...request.NetworkingConfig,
			EndpointsConfig: { ...endpoints, [network]: { ...endpoint, MacAddress: address } },
		},
	};
}
