import { describe, expect, test } from "bun:test";
import { checkResources, type ResourceFacts } from "./check-resources.ts";
import type { ResourceLimits } from "./input.ts";
import { linuxResources } from "./resources.ts";

describe("limits in the runtime spec's terms, as dockerd 20.10 wrote them", () => {
	const cases: [ResourceLimits, ReturnType<typeof linuxResources>][] = [
		[{}, {}],
		[
			{ memoryBytes: 67_108_864, cpuNanos: 1_500_000_000, cpuShares: 512, pidsLimit: 50, cpusetCpus: "0" },
			{
				memory: { limit: 67_108_864, swap: 134_217_728 },
				cpu: { shares: 512, quota: 150_000, period: 100_000, cpus: "0" },
				pids: { limit: 50 },
			},
		],
		[
			{
				memoryBytes: 67_108_864,
				memorySwapBytes: 134_217_728,
				memoryReservationBytes: 33_554_432,
				memorySwappiness: 10,
				cpuQuotaMicros: 50_000,
				cpuPeriodMicros: 100_000,
				oomKillDisable: true,
			},
			{
				memory: {
					limit: 67_108_864,
					reservation: 33_554_432,
					swap: 134_217_728,
					swappiness: 10,
					disableOOMKiller: true,
				},
				cpu: { quota: 50_000, period: 100_000 },
			},
		],
		[{ memoryBytes: 67_108_864, memorySwapBytes: -1 }, { memory: { limit: 67_108_864, swap: -1 } }],
		[{ pidsLimit: 0 }, { pids: { limit: -1 } }],
		[{ memorySwappiness: 0 }, { memory: { swappiness: 0 } }],
		[{ blkioWeight: 300 }, { blockIO: { weight: 300 } }],
	];
	for (const [limits, expected] of cases)
		test(JSON.stringify(limits), () => expect(linuxResources(limits)).toEqual(expected));
});

const facts: ResourceFacts = {
	cpuCount: 2,
	cpus: "0-1",
	mems: "0",
	canLimitMemory: true,
	canLimitSwap: true,
	canSetSwappiness: true,
	canReserveMemory: true,
	canDisableOomKiller: true,
	canLimitPids: true,
	canSetCpuShares: true,
	canSetCpuQuota: true,
	canSetCpuRealtime: true,
	canSetCpuset: true,
	canSetBlkioWeight: true,
	canThrottleBlkio: true,
};

describe("nonsense is refused with moby's texts", () => {
	const failures: [ResourceLimits, string][] = [
		[{ memoryBytes: 1 << 20 }, "Minimum memory limit allowed is 6MB"],
		[
			{ memorySwapBytes: 10 << 20 },
			"You should always set the Memory limit when using Memoryswap limit, see usage",
		],
		[
			{ memoryBytes: 64 << 20, memorySwapBytes: 32 << 20 },
			"Minimum memoryswap limit should be larger than memory limit, see usage",
		],
		[{ memorySwappiness: 200 }, "Invalid value: 200, valid memory swappiness range is 0-100"],
		[{ cpuNanos: 9e9 }, "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"],
		[{ cpuNanos: 1e9, cpuQuotaMicros: 1000 }, "Nano CPUs and CPU Quota cannot both be set"],
		[{ cpuPeriodMicros: 10 }, "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s"],
		[{ cpuQuotaMicros: 10 }, "CPU cfs quota can not be less than 1ms (i.e. 1000)"],
		[
			{ cpuRealtimePeriodMicros: 1000, cpuRealtimeRuntimeMicros: 2000 },
			"cpu real-time runtime cannot be higher than cpu real-time period",
		],
		[{ cpusetCpus: "9" }, "Requested CPUs are not available - requested 9, available: 0-1"],
		[{ cpusetCpus: "x" }, "Invalid value x for cpuset cpus: invalid format: x"],
		[{ cpusetMems: "1" }, "Requested memory nodes are not available - requested 1, available: 0"],
		[{ blkioWeight: 5 }, "Range of blkio weight is from 10 to 1000"],
	];
	for (const [limits, message] of failures)
		test(message, () => expect(() => checkResources(limits, facts, { update: false })).toThrow(message));
});

test("what fits passes unchanged", () => {
	const limits = { memoryBytes: 64 << 20, cpusetCpus: "0,1", cpuNanos: 2e9, blkioWeight: 10 };
	expect(checkResources(limits, facts, { update: false })).toEqual({ limits, warnings: [] });
	expect(checkResources({ memorySwapBytes: 64 << 20 }, facts, { update: true }).warnings).toEqual([]);
});

test("what the kernel cannot do is dropped and said", () => {
	const none = Object.fromEntries(
		Object.entries(facts).map(([key, value]) => [key, typeof value === "boolean" ? false : value]),
	) as unknown as ResourceFacts;
	const all: ResourceLimits = {
		memoryBytes: 64 << 20,
		memoryReservationBytes: 32 << 20,
		memorySwappiness: 1,
		oomKillDisable: true,
		pidsLimit: 5,
		cpuShares: 5,
		cpuQuotaMicros: 5000,
		cpusetCpus: "0",
		blkioWeight: 10,
		blockIO: { throttleReadBpsDevice: [{ major: 1, minor: 2, rate: 3 }] },
	};
	const { limits, warnings } = checkResources(all, none, { update: false });
	expect(limits).toEqual({});
	expect(warnings).toHaveLength(10);
	expect(warnings).toContain(
		"Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.",
	);
});
