import type { VolumeCreateRequest } from "../../api/index.ts";
import type { SocketPolicy } from "../contract.ts";
import { checkLabels } from "./labels.ts";
import { checkName, checkVolumeDriver } from "./mounts.ts";

/** `forbidden` with the rule. */
export function checkVolume(policy: SocketPolicy, request: VolumeCreateRequest): void {
	checkLabels(policy, request.Labels);
	checkVolumeDriver(policy, { driver: request.Driver ?? "", options: request.DriverOpts });
	if (request.Name) checkName(policy, "volume", request.Name);
}
