/** The engine as the one worker of BuildKit's interface. */
import type { Platform } from "../../oci/index.ts";
import type { BuildkitOptions } from "../contract.ts";
import type { WorkerRecord } from "../proto/control.ts";
import type { Decoded } from "../wire/message.ts";

/**
 * The version of BuildKit whose interface this is: clients choose by it what to ask for.
 */
const interfaceVersion = "v0.13.1";

export function buildkitVersion(options: Pick<BuildkitOptions, "version">) {
	return { package: "hull", version: interfaceVersion, revision: options.version };
}

export function workerRecord(options: BuildkitOptions): Partial<Decoded<typeof WorkerRecord>> {
	return {
		id: options.workerId,
		labels: new Map([
			["org.mobyproject.buildkit.worker.executor", "oci"],
			["org.mobyproject.buildkit.worker.hostname", options.hostname],
			// buildx takes an engine with this label for one that can export archives and several platforms.
			["org.mobyproject.buildkit.worker.snapshotter", "overlayfs"],
		]),
		platforms: options.platforms().map(platformRecord),
		buildkitVersion: buildkitVersion(options),
	};
}

function platformRecord({ architecture, os, variant }: Platform) {
	return { architecture, os, variant: variant ?? "", osVersion: "" };
}
