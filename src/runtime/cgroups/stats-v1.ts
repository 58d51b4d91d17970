import type { TaskStats } from "../contract.ts";
import type { GroupStats } from "./group-stats.ts";
import type { Cgroup } from "./locate.ts";
import { readCounter, readKeyed, readValue } from "./values.ts";

/** https://docs.kernel.org/admin-guide/cgroup-v1/ */
export function readStatsV1(cgroup: Cgroup): GroupStats {
	return { cpu: cpu(cgroup), memory: memory(cgroup), pids: pids(cgroup), blkio: blkio(cgroup) };
}

/** `cpuacct.stat` counts in ticks of 1/100 s, as user space sees them on every architecture. */
const nanosPerTick = 10_000_000;

function cpu(cgroup: Cgroup): TaskStats["cpu"] {
	const accounting = cgroup.folder("cpuacct");
	const throttling = readKeyed(cgroup.folder("cpu"), "cpu.stat");
	const ticks = readKeyed(accounting, "cpuacct.stat");
	const perCpu = readValue(accounting, "cpuacct.usage_percpu") ?? "";
	return {
		totalNanos: readCounter(accounting, "cpuacct.usage"),
		userNanos: (ticks.get("user") ?? 0) * nanosPerTick,
		systemNanos: (ticks.get("system") ?? 0) * nanosPerTick,
		perCpuNanos: perCpu === "" ? [] : perCpu.split(" ").map(Number),
		throttling: {
			periods: throttling.get("nr_periods") ?? 0,
			throttledPeriods: throttling.get("nr_throttled") ?? 0,
			throttledNanos: throttling.get("throttled_time") ?? 0,
		},
	};
}

function memory(cgroup: Cgroup): TaskStats["memory"] {
	const folder = cgroup.folder("memory");
	return {
		usageBytes: readCounter(folder, "memory.usage_in_bytes"),
		maxUsageBytes: readCounter(folder, "memory.max_usage_in_bytes"),
		limitBytes: readCounter(folder, "memory.limit_in_bytes") || Number.POSITIVE_INFINITY,
		failCount: readCounter(folder, "memory.failcnt"),
		stat: Object.fromEntries(readKeyed(folder, "memory.stat")),
	};
}

function pids(cgroup: Cgroup): TaskStats["pids"] {
	const folder = cgroup.folder("pids");
	return { current: readCounter(folder, "pids.current"), limit: readCounter(folder, "pids.max") };
}

/** BFQ counts what it schedules, the throttling files everything else. */
const blkioFiles = [
	["blkio.bfq.io_service_bytes_recursive", "blkio.bfq.io_serviced_recursive"],
	["blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_serviced_recursive"],
	["blkio.throttle.io_service_bytes", "blkio.throttle.io_serviced"],
] as const;

function blkio(cgroup: Cgroup): TaskStats["blkio"] {
	const folder = cgroup.folder("blkio");
	for (const [bytesFile, iosFile] of blkioFiles) {
		const bytes = parseBlkio(readValue(folder, bytesFile) ?? "");
		if (bytes.size === 0) continue;
		const ios = parseBlkio(readValue(folder, iosFile) ?? "");
		return [...bytes].map(([key, entry]) => ({
			major: entry.major,
			minor: entry.minor,
			op: entry.op,
			bytes: entry.value,
			ios: ios.get(key)?.value ?? 0,
		}));
	}
	return [];
}

interface BlkioEntry {
	readonly major: number;
	readonly minor: number;
	readonly op: string;
	readonly value: number;
}

/** Lines `254:0 Read 4096`; the last, `Total 4096`, has no device. */
function parseBlkio(text: string): Map<string, BlkioEntry> {
	const entries = new Map<string, BlkioEntry>();
	for (const match of text.matchAll(/^(\d+):(\d+) (\w+) (\d+)$/gm)) {
		const [, major, minor, op, value] = match;
		entries.set(`${major}:${minor} ${op}`, {
			major: Number(major),
			minor: Number(minor),
			op: op!,
			value: Number(value),
		});
	}
	return entries;
}
