import { removeTree } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";
import type { TaskLocation } from "../contract.ts";
import type { ProcessContext } from "./context.ts";
import { readRuntimeFile } from "./runtime-file.ts";

/**
 * Kills and removes what a supervisor that is gone has left: the container's processes and cgroup and the runtime's
 * state, by the OCI runtime's own `delete --force` (run where a hybrid cgroup hierarchy is hidden), by control group
 * when the runtime knows nothing of it; then `runDir`. That comes last, since it says what there is to clean.
 */
export async function cleanUp(context: ProcessContext, location: TaskLocation): Promise<void> {
	const runtime = readRuntimeFile(location.runDir);
	if (runtime !== undefined) {
		const { shimPath, log } = context.options;
		const result = await runCommand([shimPath, "--delete", runtime.path, runtime.root, location.id]);
		if (result?.exitCode !== 0)
			log.debug("nothing left of a container in its runtime", {
				container: location.id,
				reason: result?.stderr,
			});
	}
	if (runtime?.cgroup !== undefined) await context.cgroups.remove(runtime.cgroup);
	await removeTree(location.runDir);
}
