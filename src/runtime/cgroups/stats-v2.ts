import type { TaskStats } from "../contract.ts";
import type { GroupStats } from "./group-stats.ts";
import type { Cgroup } from "./locate.ts";
import { readCounter, readKeyed, readValue } from "./values.ts";

/** https://docs.kernel.org/admin-guide/cgroup-v2.html */
export function readStatsV2(cgroup: Cgroup): GroupStats {
	const folder = cgroup.folder("");
	return { cpu: cpu(folder), memory: memory(folder), pids: pids(folder), blkio: blkio(folder) };
}

type Folder = string | undefined;
const nanosPerMicro = 1000;

function cpu(folder: Folder): TaskStats["cpu"] {
	const stat = readKeyed(folder, "cpu.stat");
	const nanos = (key: string) => (stat.get(key) ?? 0) * nanosPerMicro;
	return {
		totalNanos: nanos("usage_usec"),
		userNanos: nanos("user_usec"),
		systemNanos: nanos("system_usec"),
		// v2 does not count per CPU.
		perCpuNanos: [],
		throttling: {
			periods: stat.get("nr_periods") ?? 0,
			throttledPeriods: stat.get("nr_throttled") ?? 0,
			throttledNanos: nanos("throttled_usec"),
		},
	};
}

function memory(folder: Folder): TaskStats["memory"] {
	const limit = readValue(folder, "memory.max") ?? "max";
	return {
		usageBytes: readCounter(folder, "memory.current"),
		maxUsageBytes: readCounter(folder, "memory.peak"),
		limitBytes: limit === "max" ? Number.POSITIVE_INFINITY : Number(limit),
		failCount: readKeyed(folder, "memory.events").get("max") ?? 0,
		stat: Object.fromEntries(readKeyed(folder, "memory.stat")),
	};
}

function pids(folder: Folder): TaskStats["pids"] {
	return { current: readCounter(folder, "pids.current"), limit: readCounter(folder, "pids.max") };
}

const operations = [
	["read", "rbytes", "rios"],
	["write", "wbytes", "wios"],
	["discard", "dbytes", "dios"],
] as const;

/** Lines `254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`. */
function blkio(folder: Folder): TaskStats["blkio"] {
	return (readValue(folder, "io.stat") ?? "").split("\n").flatMap((line) => {
		const [device = "", ...pairs] = line.split(" ");
		const numbers = /^(\d+):(\d+)$/.exec(device);
		if (numbers === null) return [];
		const values = new Map(pairs.map((pair) => pair.split("=") as [string, string]));
		return operations.map(([op, bytes, ios]) => ({
			major: Number(numbers[1]),
			minor: Number(numbers[2]),
			op,
			bytes: Number(values.get(bytes) ?? 0),
			ios: Number(values.get(ios) ?? 0),
		}));
	});
}
