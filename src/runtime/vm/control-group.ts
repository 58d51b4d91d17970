import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf } from "../../lib/index.ts";
import type { CgroupLayout } from "../cgroups/layout.ts";
import { cgroupAt } from "../cgroups/locate.ts";
import type { LinuxResources } from "../contract.ts";
import { type MachineSize, outerMemory } from "./machine-size.ts";

/** QEMU's threads: CPUs, its main loop, and a pool for disks and shared folders. */
const maxThreads = 256;
const controllers = ["memory", "cpu", "pids", "cpuacct"];

/** What holds a machine from outside, whatever happens in it. */
export interface OuterLimits {
	readonly size: MachineSize;
	readonly cpu: LinuxResources["cpu"];
}

/**
 * Makes QEMU's control group and returns its folders, one for each hierarchy. Controllers that this host does not
 * have limit nothing. Nothing to undo: the group is removed by its path.
 */
export function makeControlGroup(path: string, layout: CgroupLayout, limits: OuterLimits): readonly string[] {
	const group = cgroupAt(path, layout);
	try {
		const folders =
			group.version === 2
				? group.folders
				: controllers.flatMap((controller) => group.folder(controller) ?? []);
		if (group.version === 2) for (const folder of folders) enableControllers(folder);
		for (const folder of folders) mkdirSync(folder, { recursive: true });
		for (const [controller, file, value] of settings(group.version, limits)) {
			const folder = group.folder(controller);
			if (folder !== undefined) set(join(folder, file), value);
		}
		return [...new Set(folders)];
	} catch (cause) {
		throw new EngineError("runtime_failed", `control group ${path}: ${(cause as Error).message}`, { cause });
	}
}

function settings(
	version: 1 | 2,
	{ size, cpu }: OuterLimits,
): [controller: string, file: string, value: string][] {
	const memory = String(outerMemory(size.memoryBytes));
	const period = cpu?.period ?? 100_000;
	const quota = cpu?.quota !== undefined && cpu.quota > 0 ? cpu.quota : undefined;
	if (version === 1) {
		return [
			["memory", "memory.limit_in_bytes", memory],
			["pids", "pids.max", String(maxThreads)],
			...(quota === undefined
				? []
				: ([
						["cpu", "cpu.cfs_period_us", String(period)],
						["cpu", "cpu.cfs_quota_us", String(quota)],
					] as [string, string, string][])),
		];
	}
	return [
		["memory", "memory.max", memory],
		["pids", "pids.max", String(maxThreads)],
		...(quota === undefined
			? []
			: ([["cpu", "cpu.max", `${quota} ${period}`]] as [string, string, string][])),
	];
}

/** v2 gives a group only the controllers that its parent hands down. */
function enableControllers(folder: string): void {
	const parent = join(folder, "..");
	mkdirSync(parent, { recursive: true });
	for (const controller of ["memory", "cpu", "pids"]) {
		for (const above of [join(parent, ".."), parent]) {
			try {
				writeFileSync(join(above, "cgroup.subtree_control"), `+${controller}`);
			} catch {
				// The host does not hand it down: it limits nothing then.
			}
		}
	}
}

function set(file: string, value: string): void {
	try {
		writeFileSync(file, value);
	} catch (error) {
		// The kernel was built without this limit.
		if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "EACCES") throw error;
	}
}
