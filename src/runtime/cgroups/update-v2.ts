import type { LinuxResources } from "../contract.ts";
import type { Cgroup } from "./locate.ts";
import { readValue, writeValue } from "./values.ts";

/** https://docs.kernel.org/admin-guide/cgroup-v2.html; conversions as the OCI runtimes make them. */
export function updateV2(cgroup: Cgroup, resources: LinuxResources): void {
	const folder = cgroup.folder("");
	updateMemory(folder, resources.memory ?? {});
	updateCpu(folder, resources.cpu ?? {});
	if (resources.pids !== undefined) writeValue(folder, "pids.max", orMax(resources.pids.limit));
	updateIo(folder, resources.blockIO ?? {});
}

type Folder = string | undefined;

function updateMemory(folder: Folder, memory: NonNullable<LinuxResources["memory"]>): void {
	const { limit, swap, reservation } = memory;
	// v2 counts swap alone, the runtime spec memory and swap together.
	if (swap !== undefined)
		writeValue(folder, "memory.swap.max", swap === -1 ? "max" : swapAlone(folder, swap, limit));
	if (limit !== undefined) writeValue(folder, "memory.max", orMax(limit));
	if (reservation !== undefined) writeValue(folder, "memory.low", orMax(reservation));
}

function swapAlone(folder: Folder, swap: number, limit: number | undefined): string {
	const memory = limit ?? Number(readValue(folder, "memory.max"));
	return String(Number.isFinite(memory) ? Math.max(swap - memory, 0) : swap);
}

function updateCpu(folder: Folder, cpu: NonNullable<LinuxResources["cpu"]>): void {
	if (cpu.shares) writeValue(folder, "cpu.weight", String(weightOfShares(cpu.shares)));
	if (cpu.quota !== undefined || cpu.period !== undefined) {
		const [ownQuota = "max", ownPeriod = "100000"] = (readValue(folder, "cpu.max") ?? "").split(" ");
		const quota = cpu.quota === undefined ? ownQuota || "max" : orMax(cpu.quota);
		writeValue(folder, "cpu.max", `${quota} ${cpu.period ?? ownPeriod}`);
	}
	if (cpu.cpus) writeValue(folder, "cpuset.cpus", cpu.cpus);
	if (cpu.mems) writeValue(folder, "cpuset.mems", cpu.mems);
}

/** Shares run from 2 to 262,144, weights from 1 to 10,000. */
function weightOfShares(shares: number): number {
	return 1 + Math.floor(((shares - 2) * 9999) / 262_142);
}

function updateIo(folder: Folder, blockIO: NonNullable<LinuxResources["blockIO"]>): void {
	if (blockIO.weight) writeWeight(folder, "", blockIO.weight);
	for (const { major, minor, weight } of blockIO.weightDevice ?? [])
		writeWeight(folder, `${major}:${minor} `, weight);
	const throttles = [
		["rbps", blockIO.throttleReadBpsDevice],
		["wbps", blockIO.throttleWriteBpsDevice],
		["riops", blockIO.throttleReadIOPSDevice],
		["wiops", blockIO.throttleWriteIOPSDevice],
	] as const;
	for (const [key, devices] of throttles) {
		for (const { major, minor, rate } of devices ?? [])
			writeValue(folder, "io.max", `${major}:${minor} ${key}=${rate > 0 ? rate : "max"}`);
	}
}

/** BFQ takes Docker's 10 to 1,000 as they are; io.weight runs from 1 to 10,000. */
function writeWeight(folder: Folder, device: string, weight: number): void {
	if (readValue(folder, "io.bfq.weight") !== undefined) {
		writeValue(folder, "io.bfq.weight", `${device}${weight}`);
		return;
	}
	const converted = 1 + Math.floor(((weight - 10) * 9999) / 990);
	writeValue(folder, "io.weight", `${device || "default "}${converted}`);
}

function orMax(limit: number): string {
	return limit > 0 ? String(limit) : "max";
}
