import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";
import type { TaskLocation } from "../contract.ts";
import type { ProcessContext } from "./context.ts";
import { killGroup } from "./kill-group.ts";
import { readRuntimeFile } from "./runtime-file.ts";

/**
 * Kills and removes what a supervisor that is gone has left: the container's processes and cgroup and the runtime's
 * state, by the OCI runtime's own `delete --force` (run where a hybrid cgroup hierarchy is hidden), by cgroup when the
 * runtime knows nothing of it; then `runDir`. That comes last, since it says what there is to clean.
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
	const cgroup = cgroupOf(location.runDir);
	if (cgroup !== undefined) await killGroup(context.cgroups, cgroup);
	await rm(location.runDir, { recursive: true, force: true });
}

/** From the bundle; `undefined` when the supervisor had not written it yet, so that nothing ran either. */
function cgroupOf(runDir: string): string | undefined {
	try {
		const config = JSON.parse(readFileSync(join(runDir, "config.json"), "utf8")) as {
			linux?: { cgroupsPath?: unknown };
		};
		const path = config.linux?.cgroupsPath;
		return typeof path === "string" ? path : undefined;
	} catch (error) {
		// Torn by a kill in the middle of the write: nothing was started from it.
		if (errnoOf(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
		throw error;
	}
}
