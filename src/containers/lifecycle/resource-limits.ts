import type { HostConfig } from "../../api/index.ts";
import type { ThrottleDevice } from "../../oci/index.ts";
import { type ResourceLimits, readDeviceNumbers } from "../../runtime/index.ts";

/** A HostConfig's limits in the runtime's terms, devices looked up. Errors: `invalid_argument` names what is missing. */
export function resourceLimits(hostConfig: HostConfig): ResourceLimits {
	const { PidsLimit: pidsLimit, MemorySwappiness: swappiness } = hostConfig;
	return {
		memoryBytes: hostConfig.Memory ?? 0,
		memorySwapBytes: hostConfig.MemorySwap ?? 0,
		memoryReservationBytes: hostConfig.MemoryReservation ?? 0,
		...(swappiness === undefined ? {} : { memorySwappiness: swappiness }),
		oomKillDisable: hostConfig.OomKillDisable === true,
		cpuShares: hostConfig.CpuShares ?? 0,
		cpuPeriodMicros: hostConfig.CpuPeriod ?? 0,
		cpuQuotaMicros: hostConfig.CpuQuota ?? 0,
		cpuNanos: hostConfig.NanoCpus ?? 0,
		cpuRealtimePeriodMicros: hostConfig.CpuRealtimePeriod ?? 0,
		cpuRealtimeRuntimeMicros: hostConfig.CpuRealtimeRuntime ?? 0,
		cpusetCpus: hostConfig.CpusetCpus ?? "",
		cpusetMems: hostConfig.CpusetMems ?? "",
		...(pidsLimit === undefined ? {} : { pidsLimit }),
		blkioWeight: hostConfig.BlkioWeight ?? 0,
		blockIO: blockIO(hostConfig),
	};
}

/** What the kernel could not do and was dropped from checked limits, dropped from the HostConfig as well. */
export function withLimits(hostConfig: HostConfig, limits: ResourceLimits): HostConfig {
	const kept: HostConfig = {
		...hostConfig,
		Memory: limits.memoryBytes ?? 0,
		MemorySwap: memorySwap(limits),
		MemoryReservation: limits.memoryReservationBytes ?? 0,
		OomKillDisable: limits.oomKillDisable ?? false,
		CpuShares: limits.cpuShares ?? 0,
		CpuPeriod: limits.cpuPeriodMicros ?? 0,
		CpuQuota: limits.cpuQuotaMicros ?? 0,
		CpusetCpus: limits.cpusetCpus ?? "",
		CpusetMems: limits.cpusetMems ?? "",
		BlkioWeight: limits.blkioWeight ?? 0,
	};
	if ((limits.memorySwappiness ?? -1) < 0) delete kept.MemorySwappiness;
	if ((limits.pidsLimit ?? 0) === 0) delete kept.PidsLimit;
	if ((limits.blockIO?.weightDevice?.length ?? 0) === 0) delete kept.BlkioWeightDevice;
	if (limits.blockIO === undefined) {
		delete kept.BlkioDeviceReadBps;
		delete kept.BlkioDeviceWriteBps;
		delete kept.BlkioDeviceReadIOps;
		delete kept.BlkioDeviceWriteIOps;
	}
	return kept;
}

/** Docker shows the swap limit that a memory limit brings. */
function memorySwap({ memoryBytes = 0, memorySwapBytes = 0 }: ResourceLimits): number {
	return memoryBytes > 0 && memorySwapBytes === 0 ? memoryBytes * 2 : memorySwapBytes;
}

function blockIO(hostConfig: HostConfig): NonNullable<ResourceLimits["blockIO"]> {
	const throttle = (limits: readonly { Path?: string; Rate?: number }[] | undefined): ThrottleDevice[] =>
		(limits ?? []).map(({ Path = "", Rate: rate = 0 }) => ({ ...readDeviceNumbers(Path), rate }));
	const limits = {
		weightDevice: (hostConfig.BlkioWeightDevice ?? []).map(({ Path = "", Weight: weight = 0 }) => ({
			...readDeviceNumbers(Path),
			weight,
		})),
		throttleReadBpsDevice: throttle(hostConfig.BlkioDeviceReadBps),
		throttleWriteBpsDevice: throttle(hostConfig.BlkioDeviceWriteBps),
		throttleReadIOPSDevice: throttle(hostConfig.BlkioDeviceReadIOps),
		throttleWriteIOPSDevice: throttle(hostConfig.BlkioDeviceWriteIOps),
	};
	return Object.fromEntries(Object.entries(limits).filter(([, list]) => list.length > 0));
}
