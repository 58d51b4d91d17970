import { removeTree } from "../../lib/index.ts";
import type { TaskLocation } from "../contract.ts";
import { putTree, type TaskHull, takeTree } from "../session/index.ts";
import type { ProcessContext } from "./context.ts";
import { lostExit } from "./exit-file.ts";
import { readRuntimeFile } from "./runtime-file.ts";
import { startError } from "./start-error.ts";

/** What process isolation adds to a supervised task: control groups and `/proc`. */
export function processHull(context: ProcessContext, location: TaskLocation): TaskHull {
	const { cgroups } = context;
	const { id } = location;
	return {
		startError,
		lostExit: async (startedAt) => lostExit(location, startedAt),
		// A runtime that the kernel refuses a limit leaves the group that it was for.
		async undoStart() {
			const cgroup = readRuntimeFile(location.runDir)?.cgroup;
			if (cgroup !== undefined) await cgroups.remove(cgroup);
		},
		remove: () => removeTree(location.runDir),
		execFields: (process) => [["process", JSON.stringify(process)]],
		pause: (pid) => cgroups.freeze(pid, id),
		resume: async (pid) => cgroups.thaw(pid, id),
		pids: (pid) => cgroups.listPids(pid, id),
		stats: (pid) => cgroups.readStats(pid, id),
		update(pid, resources) {
			cgroups.updateResources(pid, resources, id);
			return [];
		},
		mount: (pid, tree, { target }) => putTree(context.options.shimPath, { pid, tree, target }),
		unmount: (pid, target, { force }) => takeTree(context.options.shimPath, { pid, target, force }),
		rootPath: (pid) => `/proc/${pid}/root`,
	};
}
