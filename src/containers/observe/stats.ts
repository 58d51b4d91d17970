import { readFileSync } from "node:fs";
import type { ContainerStatsResponse } from "../../api/index.ts";
import { delay, isEngineError } from "../../lib/index.ts";
import type { TaskStats } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { zeroTime } from "../timestamp.ts";

const intervalMs = 1000;

interface Sample {
	readonly stats: TaskStats;
	/** CPU time of the whole host, nanoseconds. */
	readonly systemNanos: number;
}

/**
 * Readings of a container, one each second, with the one before (`precpu_stats`) to compute rates from. A single
 * answer waits for a second reading unless `oneShot`. A container that does not run gets empty readings.
 */
export async function* statsOfContainer(
	context: Context,
	reference: string,
	request: { readonly stream: boolean; readonly oneShot: boolean; readonly signal: AbortSignal },
): AsyncGenerator<ContainerStatsResponse> {
	const container = context.registry.get(reference);
	let previous: Sample | undefined;
	if (!request.stream && !request.oneShot) {
		previous = await sample(container);
		if (previous !== undefined && !(await pause(request.signal))) return;
	}
	for (;;) {
		const current = await sample(container);
		yield toResponse(context, container, { current, previous });
		if (!request.stream || context.registry.byId(container.id) === undefined) return;
		previous = current;
		if (!(await pause(request.signal))) return;
	}
}

/** False when the client is gone. */
async function pause(signal: AbortSignal): Promise<boolean> {
	try {
		await delay(intervalMs, signal);
		return true;
	} catch (error) {
		if (isEngineError(error, "cancelled")) return false;
		throw error;
	}
}

async function sample(container: Container): Promise<Sample | undefined> {
	const { run } = container;
	if (run === undefined) return undefined;
	try {
		return { stats: await run.task.stats(), systemNanos: readSystemNanos() };
	} catch (error) {
		// It ended while it was being read.
		if (container.run === undefined || isEngineError(error, "not_found")) return undefined;
		throw error;
	}
}

/** The first line of /proc/stat, in units of 10 ms; guest time is in user time already. */
function readSystemNanos(): number {
	const [, ...fields] = readFileSync("/proc/stat", "latin1").split("\n", 1)[0]!.trim().split(/\s+/);
	const ticks = fields.slice(0, 8).reduce((sum, field) => sum + Number(field), 0);
	return ticks * 10_000_000;
}

function toResponse(
	context: Context,
	container: Container,
	samples: { readonly current: Sample | undefined; readonly previous: Sample | undefined },
): ContainerStatsResponse {
	const { current, previous } = samples;
	const common = {
		id: container.id,
		name: `/${container.record.name}`,
		os_type: "linux",
		read: current?.stats.readAt.toISOString() ?? zeroTime,
		preread: previous?.stats.readAt.toISOString() ?? zeroTime,
		num_procs: 0,
		storage_stats: {},
		cpu_stats: cpuStats(context, current),
		precpu_stats: cpuStats(context, previous),
	};
	if (current === undefined) return { ...common, pids_stats: {}, blkio_stats: emptyBlkio, memory_stats: {} };
	const { stats } = current;
	return {
		...common,
		pids_stats: {
			current: stats.pids.current,
			...(stats.pids.limit > 0 ? { limit: stats.pids.limit } : {}),
		},
		blkio_stats: blkioStats(stats),
		memory_stats: memoryStats(context, stats),
		...networkStats(stats),
	};
}

function cpuStats(context: Context, sampled: Sample | undefined): ContainerStatsResponse["cpu_stats"] {
	if (sampled === undefined) {
		return {
			cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
			throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
		};
	}
	const { cpu } = sampled.stats;
	return {
		cpu_usage: {
			total_usage: cpu.totalNanos,
			...(cpu.perCpuNanos.length > 0 ? { percpu_usage: [...cpu.perCpuNanos] } : {}),
			usage_in_kernelmode: cpu.systemNanos,
			usage_in_usermode: cpu.userNanos,
		},
		system_cpu_usage: sampled.systemNanos,
		online_cpus: context.host.resources.cpuCount,
		throttling_data: {
			periods: cpu.throttling.periods,
			throttled_periods: cpu.throttling.throttledPeriods,
			throttled_time: cpu.throttling.throttledNanos,
		},
	};
}

function memoryStats(context: Context, { memory, cgroupVersion }: TaskStats) {
	const total = context.host.memoryBytes;
	const limit = memory.limitBytes > 0 && memory.limitBytes < total ? memory.limitBytes : total;
	return {
		usage: memory.usageBytes,
		...(cgroupVersion === 1 ? { max_usage: memory.maxUsageBytes, failcnt: memory.failCount } : {}),
		stats: { ...memory.stat },
		limit,
	};
}

const emptyBlkio = {
	io_service_bytes_recursive: [],
	io_serviced_recursive: [],
	io_queue_recursive: [],
	io_service_time_recursive: [],
	io_wait_time_recursive: [],
	io_merged_recursive: [],
	io_time_recursive: [],
	sectors_recursive: [],
};

function blkioStats({ blkio }: TaskStats): ContainerStatsResponse["blkio_stats"] {
	const entries = (value: "bytes" | "ios") =>
		blkio.map(({ major, minor, op, ...values }) => ({ major, minor, op, value: values[value] }));
	return {
		...emptyBlkio,
		io_service_bytes_recursive: entries("bytes"),
		io_serviced_recursive: entries("ios"),
	};
}

function networkStats({ networks }: TaskStats): Pick<ContainerStatsResponse, "networks"> {
	const names = Object.keys(networks);
	if (names.length === 0) return {};
	return {
		networks: Object.fromEntries(
			Object.entries(networks).map(([name, counters]) => [
				name,
				{
					rx_bytes: counters.rxBytes,
					rx_packets: counters.rxPackets,
					rx_errors: counters.rxErrors,
					rx_dropped: counters.rxDropped,
					tx_bytes: counters.txBytes,
					tx_packets: counters.txPackets,
					tx_errors: counters.txErrors,
					tx_dropped: counters.txDropped,
				},
			]),
		),
	};
}
