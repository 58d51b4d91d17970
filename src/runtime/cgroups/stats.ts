import type { TaskStats } from "../contract.ts";
import type { Cgroup } from "./locate.ts";
import { readNetworkCounters } from "./network-counters.ts";
import { readStatsV1 } from "./stats-v1.ts";
import { readStatsV2 } from "./stats-v2.ts";

/** Readings of a container's group and of its init's network namespace. */
export function readGroupStats(
	cgroup: Cgroup,
	context: { readonly procRoot: string; readonly pid: number; readonly hostMemoryBytes: number },
): TaskStats {
	const readAt = new Date();
	const stats = cgroup.version === 1 ? readStatsV1(cgroup) : readStatsV2(cgroup);
	// Without a limit the host's memory is the limit.
	const limitBytes = Math.min(stats.memory.limitBytes, context.hostMemoryBytes);
	return {
		readAt,
		...stats,
		memory: { ...stats.memory, limitBytes },
		networks: readNetworkCounters(context.procRoot, context.pid),
		cgroupVersion: cgroup.version,
	};
}
