import type { HostConfig } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { type CdiEdits, readCdiDevices, resolveCdiDevices } from "../../runtime/index.ts";

type DeviceRequest = NonNullable<HostConfig["DeviceRequests"]>[number];

/** What `--gpus` may ask for beside `gpu`: the device's description brings all of them. */
const gpuCapabilities = new Set([
	...["gpu", "nvidia", "compute", "compat32", "graphics", "utility", "video", "display"],
]);
const gpuKind = "nvidia.com/gpu";
const mostDevices = 1024;

/**
 * What device requests bring: of driver `cdi` (`--device vendor.com/class=name`), and `--gpus`, which asks for
 * devices of kind nvidia.com/gpu. The descriptions are read anew, as devices come and go. Errors: `invalid_argument`
 * with Docker's texts.
 */
export function requestedDevices(
	requests: readonly DeviceRequest[],
	specDirs: readonly string[],
): CdiEdits | undefined {
	if (requests.length === 0) return undefined;
	const offered = readCdiDevices(specDirs);
	const hasGpus = [...offered.devices.keys()].some((name) => name.startsWith(`${gpuKind}=`));
	const names = requests.flatMap((request) => namesOf(request, hasGpus));
	if (names.length > mostDevices)
		throw invalid(`HostConfig.DeviceRequests: more than ${mostDevices} devices`);
	return resolveCdiDevices(names, offered);
}

function namesOf(request: DeviceRequest, hasGpus: boolean): string[] {
	const { Driver: driver = "", Count: count = 0, DeviceIDs: ids = [], Options: options = {} } = request;
	const unknown = Object.keys(options)[0];
	if (unknown !== undefined)
		throw invalid(`HostConfig.DeviceRequests: option ${unknown}: CDI devices have no options`);
	if (count !== 0 && ids.length > 0) throw invalid("cannot set both Count and DeviceIDs on device request");
	if (driver === "cdi") {
		if (count !== 0) throw invalid("HostConfig.DeviceRequests: Count: driver cdi wants names (DeviceIDs)");
		return ids;
	}
	const isGpu = (request.Capabilities ?? []).some(
		(all) => all.includes("gpu") && all.every((capability) => gpuCapabilities.has(capability)),
	);
	if (!hasGpus || !isGpu || !["", "nvidia"].includes(driver)) throw noDriver(request);
	if (ids.length > 0) return ids.map((id) => `${gpuKind}=${id}`);
	if (count < 0) return [`${gpuKind}=all`];
	if (count > mostDevices) throw invalid(`HostConfig.DeviceRequests: more than ${mostDevices} devices`);
	return Array.from({ length: count }, (_, index) => `${gpuKind}=${index}`);
}

function noDriver({ Driver: driver = "", Capabilities: capabilities }: DeviceRequest): EngineError {
	const words = (capabilities ?? []).map((all) => `[${all.join(" ")}]`).join(" ");
	return invalid(`could not select device driver ${JSON.stringify(driver)} with capabilities: [${words}]`);
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
