import { join } from "node:path";
import type { Logger } from "../../lib/index.ts";
import { createNetworkNamespace } from "../../sys/index.ts";
import { type Cgroups, createCgroups } from "../cgroups/cgroups.ts";
import type { RuntimeDriver } from "../contract.ts";
import { cleanUp } from "./clean-up.ts";
import { createTask } from "./create-task.ts";
import { readExit } from "./exit-file.ts";
import { OciRuntimes } from "./oci-runtimes.ts";
import { openTask } from "./open-task.ts";
import { joinSandbox, processSandbox } from "./sandbox.ts";

export interface ProcessDriverOptions {
	/** `<run-root>`: the OCI runtimes keep their state below. */
	readonly runRoot: string;
	/** The hull-shim program. */
	readonly shimPath: string;
	readonly log: Logger;
	/** More OCI runtimes, name → path, beside those on PATH. */
	readonly runtimes?: Readonly<Record<string, string>>;
	/** Name of the one to use when a container does not say; otherwise crun, else runc. */
	readonly defaultRuntime?: string;
	/** A runtime that takes longer for a start or exec is killed. */
	readonly runtimeTimeoutMs?: number;
	readonly cgroups?: Cgroups;
}

/** What the operations of this driver share. */
export interface ProcessContext {
	readonly options: ProcessDriverOptions;
	readonly cgroups: Cgroups;
	readonly runtimes: OciRuntimes;
}

/** Process isolation: an OCI runtime (crun, runc, …) under hull-shim. */
export function createProcessDriver(options: ProcessDriverOptions): RuntimeDriver {
	const context: ProcessContext = {
		options,
		cgroups: options.cgroups ?? createCgroups(),
		runtimes: new OciRuntimes(join(options.runRoot, "runtimes"), options),
	};
	return {
		isolation: "process",
		createSandbox: async (spec) =>
			processSandbox(spec.id, spec.network.kind === "own" ? createNetworkNamespace() : undefined),
		joinSandbox,
		createTask: (sandbox, spec, signal) => createTask(context, sandbox, { spec, signal }),
		openTask: (location) => openTask(context, location),
		readExit: async (location) => readExit(location),
		cleanup: (location) => cleanUp(context, location),
	};
}
