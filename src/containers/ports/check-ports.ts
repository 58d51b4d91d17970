import type { ContainerConfig, HostConfig } from "../../api/index.ts";
import { parsePortKey } from "../../api/syntax.ts";
import { EngineError } from "../../lib/index.ts";
import { planPorts } from "./plan-ports.ts";

/**
 * Checks what a create request says of ports; gives warnings for the client. `requested` is without the image's
 * ports. Errors: as `planPorts`, and `invalid_argument` in another container's network, which has its own ports.
 */
export function checkPorts(
	config: ContainerConfig,
	hostConfig: HostConfig,
	requested: ContainerConfig,
): string[] {
	for (const key of Object.keys(config.ExposedPorts ?? {})) parsePortKey(key);
	const wanted = planPorts(config, hostConfig);
	const mode = hostConfig.NetworkMode ?? "";
	if (mode.startsWith("container:")) {
		if (wanted.length > 0 || hostConfig.PublishAllPorts)
			throw conflicting("port publishing and the container type network mode");
		if (Object.keys(requested.ExposedPorts ?? {}).length > 0)
			throw conflicting("port exposing and the container type network mode");
	}
	if (wanted.length === 0) return [];
	if (mode === "host") return ["Published ports are discarded when using host network mode"];
	if (mode === "none") return ["Published ports are discarded when using no network"];
	return [];
}

function conflicting(what: string): EngineError {
	return new EngineError("invalid_argument", `conflicting options: ${what}`);
}
