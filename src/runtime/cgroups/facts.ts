import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { ResourceFacts } from "../spec/check-resources.ts";
import type { CgroupLayout } from "./layout.ts";
import { readValue } from "./values.ts";

/** What this host's control groups can limit, from the files that the kernel offers. */
export function readResourceFacts(layout: CgroupLayout): ResourceFacts {
	return layout.version === 1 ? factsV1(layout) : factsV2(layout);
}

function factsV1(layout: CgroupLayout): ResourceFacts {
	const folder = (controller: string) => layout.hierarchies.get(controller)?.mountpoint;
	const has = (controller: string, file: string) => {
		const path = folder(controller);
		return path !== undefined && existsSync(join(path, file));
	};
	const cpuset = folder("cpuset");
	return {
		cpuCount: availableParallelism(),
		cpus: readValue(cpuset, "cpuset.cpus") || everyCpu(),
		mems: readValue(cpuset, "cpuset.mems") || "0",
		canLimitMemory: has("memory", "memory.limit_in_bytes"),
		canLimitSwap: has("memory", "memory.memsw.limit_in_bytes"),
		canSetSwappiness: has("memory", "memory.swappiness"),
		canReserveMemory: has("memory", "memory.soft_limit_in_bytes"),
		canDisableOomKiller: has("memory", "memory.oom_control"),
		canLimitPids: folder("pids") !== undefined,
		canSetCpuShares: has("cpu", "cpu.shares"),
		canSetCpuQuota: has("cpu", "cpu.cfs_quota_us"),
		canSetCpuRealtime: has("cpu", "cpu.rt_runtime_us"),
		canSetCpuset: cpuset !== undefined,
		// Not `blkio.bfq.weight`, which newer kernels have instead: crun 1.8 does not write it.
		canSetBlkioWeight:
			has("blkio", "blkio.weight") ||
			groupsBelow(folder("blkio")).some((group) => existsSync(join(group, "blkio.weight"))),
		canThrottleBlkio: has("blkio", "blkio.throttle.read_bps_device"),
	};
}

function factsV2(layout: CgroupLayout): ResourceFacts {
	const folder = layout.hierarchies.get("")?.mountpoint;
	const controllers = new Set((readValue(folder, "cgroup.controllers") ?? "").split(" "));
	return {
		cpuCount: availableParallelism(),
		cpus: readValue(folder, "cpuset.cpus.effective") || everyCpu(),
		mems: readValue(folder, "cpuset.mems.effective") || "0",
		canLimitMemory: controllers.has("memory"),
		canLimitSwap: controllers.has("memory") && hasSwapFile(folder),
		canSetSwappiness: false,
		canReserveMemory: controllers.has("memory"),
		canDisableOomKiller: false,
		canLimitPids: controllers.has("pids"),
		canSetCpuShares: controllers.has("cpu"),
		canSetCpuQuota: controllers.has("cpu"),
		canSetCpuRealtime: false,
		canSetCpuset: controllers.has("cpuset"),
		canSetBlkioWeight: controllers.has("io"),
		canThrottleBlkio: controllers.has("io"),
	};
}

/** The root group has no limits: whether swap can be limited shows in any group below it. */
function hasSwapFile(folder: string | undefined): boolean {
	const limited = groupsBelow(folder).filter((group) => existsSync(join(group, "memory.max")));
	return limited.length === 0 || limited.some((group) => existsSync(join(group, "memory.swap.max")));
}

function groupsBelow(folder: string | undefined): string[] {
	if (folder === undefined) return [];
	const entries = readdirSync(folder, { withFileTypes: true });
	return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

function everyCpu(): string {
	return `0-${availableParallelism() - 1}`;
}
