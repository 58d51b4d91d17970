import { type HostConfig, machineAnnotation } from "../api/index.ts";
import type { Isolation, RuntimeDriver } from "../runtime/index.ts";
import type { Context } from "./context.ts";

/** The hull that a container chose. */
export function isolationOf({ hostConfig }: { readonly hostConfig: HostConfig }): Isolation {
	return hostConfig.Isolation === "vm" ? "vm" : "process";
}

/** Whether the container's process is the init of a machine: decided at creation, by an annotation. */
export function isWholeMachine({ Annotations }: HostConfig): boolean {
	return Annotations?.[machineAnnotation] === "true";
}

export function driverOf(
	context: Pick<Context, "runtimes">,
	record: { readonly hostConfig: HostConfig },
): RuntimeDriver {
	return context.runtimes[isolationOf(record)];
}
