import type { Cgroup } from "./locate.ts";
import { readKeyed } from "./values.ts";

/** How many processes of the group the kernel has killed for want of memory. */
export function countOomKills(cgroup: Cgroup): number {
	if (cgroup.version === 2) return readKeyed(cgroup.folder(""), "memory.events").get("oom_kill") ?? 0;
	return readKeyed(cgroup.folder("memory"), "memory.oom_control").get("oom_kill") ?? 0;
}
