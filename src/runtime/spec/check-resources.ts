import { EngineError } from "../../lib/index.ts";
import { cpusetProblem } from "./cpuset.ts";
import type { ResourceLimits } from "./input.ts";

/** What this host's control groups can limit. */
export interface ResourceFacts {
	readonly cpuCount: number;
	/** `0-3`: CPUs and memory nodes that a container can be put on. */
	readonly cpus: string;
	readonly mems: string;
	readonly canLimitMemory: boolean;
	readonly canLimitSwap: boolean;
	readonly canSetSwappiness: boolean;
	readonly canReserveMemory: boolean;
	readonly canDisableOomKiller: boolean;
	readonly canLimitPids: boolean;
	readonly canSetCpuShares: boolean;
	readonly canSetCpuQuota: boolean;
	readonly canSetCpuRealtime: boolean;
	readonly canSetCpuset: boolean;
	readonly canSetBlkioWeight: boolean;
	readonly canThrottleBlkio: boolean;
}

const minimumMemoryBytes = 6 * 2 ** 20;

/**
 * Checks limits as moby does at create and update: nonsense is an error (`invalid_argument`, moby's texts, which
 * clients show), what the kernel cannot do is dropped with a warning.
 */
export function checkResources(
	requested: ResourceLimits,
	facts: ResourceFacts,
	options: { readonly update: boolean },
): { readonly limits: ResourceLimits; readonly warnings: readonly string[] } {
	const limits: Mutable<ResourceLimits> = { ...requested };
	const warnings: string[] = [];
	checkMemory(limits, options.update);
	discardMemory(limits, facts, warnings);
	checkCpu(limits, facts);
	discardCpu(limits, facts, warnings);
	checkCpuset(limits, facts);
	checkBlkio(limits, facts, warnings);
	return { limits, warnings };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function checkMemory(limits: ResourceLimits, update: boolean): void {
	const { memoryBytes = 0, memorySwapBytes = 0, memoryReservationBytes = 0 } = limits;
	const { memorySwappiness = -1 } = limits;
	if (memoryBytes !== 0 && memoryBytes < minimumMemoryBytes)
		throw invalid("Minimum memory limit allowed is 6MB");
	if (memoryBytes > 0 && memorySwapBytes > 0 && memorySwapBytes < memoryBytes)
		throw invalid("Minimum memoryswap limit should be larger than memory limit, see usage");
	if (memoryBytes === 0 && memorySwapBytes > 0 && !update)
		throw invalid("You should always set the Memory limit when using Memoryswap limit, see usage");
	if (memorySwapBytes < -1) throw invalid(`invalid memory swap limit: ${memorySwapBytes}`);
	if (memorySwappiness < -1 || memorySwappiness > 100)
		throw invalid(`Invalid value: ${memorySwappiness}, valid memory swappiness range is 0-100`);
	if (memoryReservationBytes !== 0 && memoryReservationBytes < minimumMemoryBytes)
		throw invalid("Minimum memory reservation allowed is 6MB");
	if (memoryBytes > 0 && memoryReservationBytes > memoryBytes)
		throw invalid("Minimum memory limit can not be less than memory reservation limit, see usage");
}

function discardMemory(limits: Mutable<ResourceLimits>, facts: ResourceFacts, warnings: string[]): void {
	const { memoryBytes = 0, memorySwapBytes = 0, memoryReservationBytes = 0, pidsLimit = 0 } = limits;
	if (memoryBytes > 0 && !facts.canLimitMemory) {
		warnings.push(cannot("memory limit", "Limitation discarded."));
		delete limits.memoryBytes;
		delete limits.memorySwapBytes;
	} else if (memoryBytes > 0 && memorySwapBytes !== -1 && !facts.canLimitSwap) {
		warnings.push(cannot("swap limit", "Memory limited without swap."));
		limits.memorySwapBytes = -1;
	}
	if ((limits.memorySwappiness ?? -1) >= 0 && !facts.canSetSwappiness) {
		warnings.push(cannot("memory swappiness", "Memory swappiness discarded."));
		delete limits.memorySwappiness;
	}
	if (memoryReservationBytes > 0 && !facts.canReserveMemory) {
		warnings.push(cannot("memory soft limit", "Limitation discarded."));
		delete limits.memoryReservationBytes;
	}
	if (pidsLimit > 0 && !facts.canLimitPids) {
		warnings.push(cannot("PIDs limit", "PIDs limit discarded."));
		delete limits.pidsLimit;
	}
	if (!limits.oomKillDisable) return;
	if (!facts.canDisableOomKiller) {
		warnings.push("Your kernel does not support OomKillDisable. OomKillDisable discarded.");
		delete limits.oomKillDisable;
	} else if (memoryBytes === 0) {
		warnings.push(
			"OOM killer is disabled for the container, but no memory limit is set, " +
				"this can result in the system running out of resources.",
		);
	}
}

function checkCpu(
	limits: ResourceLimits,
	{ cpuCount, canSetCpuQuota, canSetCpuRealtime }: ResourceFacts,
): void {
	const { cpuNanos = 0, cpuPeriodMicros = 0, cpuQuotaMicros = 0, cpuShares = 0 } = limits;
	const { cpuRealtimePeriodMicros: period = 0, cpuRealtimeRuntimeMicros: runtime = 0 } = limits;
	if (cpuNanos > 0 && cpuPeriodMicros > 0)
		throw invalid("Conflicting options: Nano CPUs and CPU Period cannot both be set");
	if (cpuNanos > 0 && cpuQuotaMicros > 0)
		throw invalid("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
	if (cpuNanos > 0 && !canSetCpuQuota)
		throw invalid(
			"NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted",
		);
	if (cpuNanos < 0 || cpuNanos > cpuCount * 1e9)
		throw invalid(
			`range of CPUs is from 0.01 to ${cpuCount}.00, as there are only ${cpuCount} CPUs available`,
		);
	if (cpuShares < 0) throw invalid(`invalid CPU shares (${cpuShares}): value must be a positive integer`);
	if (cpuPeriodMicros !== 0 && (cpuPeriodMicros < 1000 || cpuPeriodMicros > 1_000_000))
		throw invalid("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
	if (cpuQuotaMicros > 0 && cpuQuotaMicros < 1000)
		throw invalid("CPU cfs quota can not be less than 1ms (i.e. 1000)");
	if ((period !== 0 || runtime !== 0) && !canSetCpuRealtime)
		throw invalid("Your kernel does not support CPU real-time scheduler");
	if (period !== 0 && runtime !== 0 && runtime > period)
		throw invalid("cpu real-time runtime cannot be higher than cpu real-time period");
}

function discardCpu(limits: Mutable<ResourceLimits>, facts: ResourceFacts, warnings: string[]): void {
	if ((limits.cpuShares ?? 0) > 0 && !facts.canSetCpuShares) {
		warnings.push("Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.");
		delete limits.cpuShares;
	}
	if ((limits.cpuPeriodMicros || limits.cpuQuotaMicros) && !facts.canSetCpuQuota) {
		warnings.push("Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.");
		delete limits.cpuPeriodMicros;
		delete limits.cpuQuotaMicros;
	}
	if ((limits.cpusetCpus || limits.cpusetMems) && !facts.canSetCpuset) {
		warnings.push("Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.");
		delete limits.cpusetCpus;
		delete limits.cpusetMems;
	}
}

function checkCpuset(limits: ResourceLimits, facts: ResourceFacts): void {
	checkSet("cpus", "CPUs", limits.cpusetCpus ?? "", facts.cpus);
	checkSet("mems", "memory nodes", limits.cpusetMems ?? "", facts.mems);
}

function checkSet(name: string, things: string, wanted: string, available: string): void {
	const problem = cpusetProblem(wanted, available);
	if (problem === "malformed")
		throw invalid(`Invalid value ${wanted} for cpuset ${name}: invalid format: ${wanted}`);
	if (problem === "unavailable")
		throw invalid(`Requested ${things} are not available - requested ${wanted}, available: ${available}`);
}

function checkBlkio(limits: Mutable<ResourceLimits>, facts: ResourceFacts, warnings: string[]): void {
	const { blkioWeight = 0 } = limits;
	if (blkioWeight !== 0 && (blkioWeight < 10 || blkioWeight > 1000))
		throw invalid("Range of blkio weight is from 10 to 1000");
	if (blkioWeight !== 0 && !facts.canSetBlkioWeight) {
		warnings.push(cannot("Block I/O weight", "Weight discarded."));
		delete limits.blkioWeight;
	}
	const { weightDevice, ...throttles } = limits.blockIO ?? {};
	if (weightDevice?.length && !facts.canSetBlkioWeight) {
		warnings.push(cannot("Block I/O weight_device", "Weight-device discarded."));
		limits.blockIO = throttles;
	}
	if (Object.values(throttles).some((devices) => devices?.length) && !facts.canThrottleBlkio) {
		warnings.push(cannot("Block I/O throttling", "Block I/O limits discarded."));
		delete limits.blockIO;
	}
}

function cannot(what: string, consequence: string): string {
	const noun = what.startsWith("Block") ? what : `${what} capabilities`;
	return `Your kernel does not support ${noun} or the cgroup is not mounted. ${consequence}`;
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
