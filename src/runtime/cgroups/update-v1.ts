import { EngineError } from "../../lib/index.ts";
import type { LinuxResources } from "../contract.ts";
import type { Cgroup } from "./locate.ts";
import { readCounter, readValue, writeValue } from "./values.ts";

/** https://docs.kernel.org/admin-guide/cgroup-v1/ */
export function updateV1(cgroup: Cgroup, resources: LinuxResources): void {
	updateMemory(cgroup.folder("memory"), resources.memory ?? {});
	updateCpu(cgroup.folder("cpu"), resources.cpu ?? {});
	updateCpuset(cgroup.folder("cpuset"), resources.cpu ?? {});
	if (resources.pids !== undefined) {
		const { limit } = resources.pids;
		writeValue(cgroup.folder("pids"), "pids.max", limit > 0 ? String(limit) : "max");
	}
	updateBlkio(cgroup.folder("blkio"), resources.blockIO ?? {});
}

type Folder = string | undefined;

function updateMemory(folder: Folder, memory: NonNullable<LinuxResources["memory"]>): void {
	if (memory.reservation !== undefined)
		writeValue(folder, "memory.soft_limit_in_bytes", String(memory.reservation));
	if (memory.swappiness !== undefined) writeValue(folder, "memory.swappiness", String(memory.swappiness));
	updateMemoryLimits(folder, memory.limit, memory.swap);
}

/**
 * The kernel refuses, at every moment, a memory limit above the limit of memory and swap. So growing sets the latter
 * first, shrinking the former.
 */
function updateMemoryLimits(folder: Folder, limit: number | undefined, swap: number | undefined): void {
	const hasSwap = readValue(folder, "memory.memsw.limit_in_bytes") !== undefined;
	if (swap !== undefined && !hasSwap)
		throw new EngineError("invalid_argument", "swap cannot be limited: the kernel does not account for swap");
	const setLimit = () => writeOptional(folder, "memory.limit_in_bytes", limit);
	const setSwap = () => writeOptional(folder, "memory.memsw.limit_in_bytes", swap);
	const currentSwap = readCounter(folder, "memory.memsw.limit_in_bytes");
	if (hasSwap && swap === undefined && limit !== undefined && (limit === -1 || limit > currentSwap))
		throw new EngineError(
			"invalid_argument",
			"Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
		);
	const grows = swap === -1 || (swap ?? 0) > currentSwap;
	if (grows) setSwap();
	setLimit();
	if (!grows) setSwap();
}

function updateCpu(folder: Folder, cpu: NonNullable<LinuxResources["cpu"]>): void {
	writeOptional(folder, "cpu.shares", cpu.shares);
	writeOptional(folder, "cpu.rt_period_us", cpu.realtimePeriod);
	writeOptional(folder, "cpu.rt_runtime_us", cpu.realtimeRuntime);
	const { quota, period } = cpu;
	const setQuota = () => writeOptional(folder, "cpu.cfs_quota_us", quota);
	if (period === undefined) {
		setQuota();
		return;
	}
	// The kernel refuses a ratio above the parent's at every moment: the smaller of the two steps goes first.
	const shrinks = quota !== undefined && quota > 0 && quota < readCounter(folder, "cpu.cfs_quota_us");
	if (shrinks) setQuota();
	writeValue(folder, "cpu.cfs_period_us", String(period));
	if (!shrinks) setQuota();
}

function updateCpuset(folder: Folder, cpu: NonNullable<LinuxResources["cpu"]>): void {
	if (cpu.cpus) writeValue(folder, "cpuset.cpus", cpu.cpus);
	if (cpu.mems) writeValue(folder, "cpuset.mems", cpu.mems);
}

function updateBlkio(folder: Folder, blockIO: NonNullable<LinuxResources["blockIO"]>): void {
	const weightFile = readValue(folder, "blkio.weight") === undefined ? "blkio.bfq.weight" : "blkio.weight";
	writeOptional(folder, weightFile, blockIO.weight);
	for (const { major, minor, weight } of blockIO.weightDevice ?? [])
		writeValue(folder, `${weightFile}_device`, `${major}:${minor} ${weight}`);
	const throttles = [
		["blkio.throttle.read_bps_device", blockIO.throttleReadBpsDevice],
		["blkio.throttle.write_bps_device", blockIO.throttleWriteBpsDevice],
		["blkio.throttle.read_iops_device", blockIO.throttleReadIOPSDevice],
		["blkio.throttle.write_iops_device", blockIO.throttleWriteIOPSDevice],
	] as const;
	for (const [file, devices] of throttles) {
		for (const { major, minor, rate } of devices ?? []) writeValue(folder, file, `${major}:${minor} ${rate}`);
	}
}

function writeOptional(folder: Folder, file: string, value: number | undefined): void {
	if (value !== undefined) writeValue(folder, file, String(value));
}
