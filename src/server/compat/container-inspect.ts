import type { ContainerInspectResponse } from "../../api/index.ts";
import { type ApiVersion, isBefore } from "../api-version.ts";

/**
 * The answer of an inspect as clients of that version read it. Up to 1.51 the default bridge's addresses stood in
 * `NetworkSettings` itself (`{{.NetworkSettings.IPAddress}}`), up to 1.43 the MAC address in `Config` too.
 */
export function adaptContainerInspect(answer: ContainerInspectResponse, version: ApiVersion): unknown {
	if (!isBefore(version, "1.52")) return answer;
	const bridge = answer.NetworkSettings?.Networks?.["bridge"];
	return {
		...answer,
		...(isBefore(version, "1.44")
			? { Config: { ...answer.Config, MacAddress: bridge?.MacAddress ?? "" } }
			: {}),
		NetworkSettings: {
			Bridge: "",
			HairpinMode: false,
			LinkLocalIPv6Address: "",
			LinkLocalIPv6PrefixLen: 0,
			SecondaryIPAddresses: null,
			SecondaryIPv6Addresses: null,
			EndpointID: bridge?.EndpointID ?? "",
			Gateway: bridge?.Gateway ?? "",
			GlobalIPv6Address: bridge?.GlobalIPv6Address ?? "",
			GlobalIPv6PrefixLen: bridge?.GlobalIPv6PrefixLen ?? 0,
			IPAddress: bridge?.IPAddress ?? "",
			IPPrefixLen: bridge?.IPPrefixLen ?? 0,
			IPv6Gateway: bridge?.IPv6Gateway ?? "",
			MacAddress: bridge?.MacAddress ?? "",
			...answer.NetworkSettings,
		},
	};
}
