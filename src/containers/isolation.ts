import type { HostConfig } from "../api/index.ts";
import type { Isolation, RuntimeDriver } from "../runtime/index.ts";
import type { Context } from "./context.ts";

/** The hull that a container chose. */
export function isolationOf({ hostConfig }: { readonly hostConfig: HostConfig }): Isolation {
	return hostConfig.Isolation === "vm" ? "vm" : "process";
}

export function driverOf(
	context: Pick<Context, "runtimes">,
	record: { readonly hostConfig: HostConfig },
): RuntimeDriver {
	return context.runtimes[isolationOf(record)];
}
