import type { EndpointSettings } from "../../api/index.ts";
import type { ContainerRecord } from "../record/record.ts";

/** What a container is found by on a user-defined network: name, aliases, short id, host name; each once. */
export function endpointNames(
	{ id, name, config }: Pick<ContainerRecord, "id" | "name" | "config">,
	settings: Pick<EndpointSettings, "Aliases">,
): string[] {
	const hostname = config.Hostname || id.slice(0, 12);
	return [...new Set([name, ...(settings.Aliases ?? []), id.slice(0, 12), hostname])];
}
