import { totalmem } from "node:os";
import type { LinuxResources, TaskStats } from "../contract.ts";
import type { ResourceFacts } from "../spec/check-resources.ts";
import { readResourceFacts } from "./facts.ts";
import { freezeGroup, isFrozen, thawGroup } from "./freezer.ts";
import { type CgroupLayout, readCgroupLayout } from "./layout.ts";
import { type Cgroup, cgroupAt, locateCgroup } from "./locate.ts";
import { countOomKills } from "./oom.ts";
import { listProcesses } from "./processes.ts";
import { removeGroup } from "./remove-group.ts";
import { readGroupStats } from "./stats.ts";
import { updateV1 } from "./update-v1.ts";
import { updateV2 } from "./update-v2.ts";

/**
 * A container's control groups, v1, hybrid or v2, found by the process id of its init on the host. The optional id
 * is the container's: its group is then found even when the init moved into one below. Everything throws `not_found`
 * when the process is gone.
 */
export interface Cgroups {
	readonly layout: CgroupLayout;
	facts(): ResourceFacts;
	readStats(pid: number, id?: string): TaskStats;
	listPids(pid: number, id?: string): readonly number[];
	/** Resolves when everything stands still; `timed_out` after 2 s, and then it runs on. */
	freeze(pid: number, id?: string, signal?: AbortSignal): Promise<void>;
	thaw(pid: number, id?: string): void;
	isFrozen(pid: number, id?: string): boolean;
	/** Changes the limits that are given. `invalid_argument` with what the kernel refused; those before it are set. */
	updateResources(pid: number, resources: LinuxResources, id?: string): void;
	oomKillCount(pid: number, id?: string): number;
	/** Kills and removes the group of this absolute path; nothing to do when there is none. `timed_out` after 5 s. */
	remove(path: string): Promise<void>;
}

/** `procRoot` is `/proc`, or a recorded copy in tests. */
export function createCgroups(options: { readonly procRoot?: string } = {}): Cgroups {
	const procRoot = options.procRoot ?? "/proc";
	const layout = readCgroupLayout(procRoot);
	const locate = (pid: number, id: string | undefined): Cgroup =>
		locateCgroup(pid, { procRoot, layout, ...(id === undefined ? {} : { id }) });
	return {
		layout,
		facts: () => readResourceFacts(layout),
		readStats: (pid, id) => readGroupStats(locate(pid, id), { procRoot, pid, hostMemoryBytes: totalmem() }),
		listPids: (pid, id) => listProcesses(locate(pid, id)),
		freeze: (pid, id, signal) => freezeGroup(locate(pid, id), signal),
		thaw: (pid, id) => thawGroup(locate(pid, id)),
		isFrozen: (pid, id) => isFrozen(locate(pid, id)),
		updateResources(pid, resources, id) {
			const cgroup = locate(pid, id);
			if (cgroup.version === 1) updateV1(cgroup, resources);
			else updateV2(cgroup, resources);
		},
		oomKillCount: (pid, id) => countOomKills(locate(pid, id)),
		remove: (path) => removeGroup(cgroupAt(path, layout)),
	};
}
