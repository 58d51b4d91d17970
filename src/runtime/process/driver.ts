import { join } from "node:path";
import { createNetworkNamespace } from "../../sys/index.ts";
import { createCgroups } from "../cgroups/cgroups.ts";
import type { RuntimeDriver, UserNamespace } from "../contract.ts";
import { cleanUp } from "./clean-up.ts";
import type { ProcessContext, ProcessDriverOptions } from "./context.ts";
import { createTask } from "./create-task.ts";
import { readExit } from "./exit-file.ts";
import { OciRuntimes } from "./oci-runtimes.ts";
import { openTask } from "./open-task.ts";
import { readRuntimeFile } from "./runtime-file.ts";
import { joinSandbox, processSandbox } from "./sandbox.ts";
import { openUserNamespace } from "./user-namespace.ts";

/** Process isolation: an OCI runtime (crun, runc, …) under hull-shim. */
export function createProcessDriver(options: ProcessDriverOptions): RuntimeDriver {
	const context: ProcessContext = {
		options,
		cgroups: options.cgroups ?? createCgroups(),
		runtimes: new OciRuntimes(join(options.runRoot, "runtimes"), options),
	};
	return {
		isolation: "process",
		// Runtimes are looked for when one is asked for by name.
		assertUsable: () => Promise.resolve(),
		createSandbox: async (spec) =>
			processSandbox(spec.id, spec.network.kind === "own" ? newNetwork(spec.network) : undefined),
		openUserNamespace: (of) => openUserNamespace(context, of),
		joinSandbox,
		openSandbox: joinSandbox,
		createTask: (sandbox, spec, signal) => createTask(context, sandbox, { spec, signal }),
		openTask: (location) => openTask(context, location),
		readExit: async (location) => readExit(location),
		cleanup: (location) => cleanUp(context, location),
		owns: ({ runDir }) => readRuntimeFile(runDir) !== undefined,
	};
}

function newNetwork({ userNamespace }: { readonly userNamespace?: UserNamespace | undefined }): number {
	return userNamespace === undefined ? createNetworkNamespace() : userNamespace.takeNetwork();
}
