import type { ContainerStatsResponse } from "../../../../api/index.ts";
import { binarySize, decimalSize } from "../../../format/units.ts";
import type { View } from "../../../format/view.ts";

/** What is shown of a sample; `undefined` until there is one. */
export interface StatsRow {
	/** As the user named it. */
	readonly container: string;
	readonly id: string;
	readonly name: string;
	readonly figures: Figures | undefined;
}

interface Figures {
	readonly cpuPercent: number;
	readonly memoryBytes: number;
	readonly memoryLimitBytes: number;
	readonly receivedBytes: number;
	readonly sentBytes: number;
	readonly readBytes: number;
	readonly writtenBytes: number;
	readonly processes: number;
}

export function statsRow(container: string, sample: ContainerStatsResponse | undefined): StatsRow {
	const id = sample?.id ?? container;
	const name = (sample?.name ?? "").replace(/^\//, "");
	return { container, id, name, figures: sample === undefined ? undefined : figuresOf(sample) };
}

function figuresOf(sample: ContainerStatsResponse): Figures {
	const networks = Object.values(sample.networks ?? {});
	const blocks = sample.blkio_stats?.io_service_bytes_recursive ?? [];
	const blockBytes = (op: string) =>
		blocks.filter((entry) => entry.op?.toLowerCase() === op).reduce((sum, { value = 0 }) => sum + value, 0);
	return {
		cpuPercent: cpuPercent(sample),
		memoryBytes: memoryInUse(sample),
		memoryLimitBytes: sample.memory_stats?.limit ?? 0,
		receivedBytes: networks.reduce((sum, { rx_bytes = 0 }) => sum + rx_bytes, 0),
		sentBytes: networks.reduce((sum, { tx_bytes = 0 }) => sum + tx_bytes, 0),
		readBytes: blockBytes("read"),
		writtenBytes: blockBytes("write"),
		processes: sample.pids_stats?.current ?? 0,
	};
}

/** Of one CPU, since the sample before. */
function cpuPercent({ cpu_stats: now, precpu_stats: before }: ContainerStatsResponse): number {
	const used = (now?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0);
	const passed = (now?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
	const cpus = now?.online_cpus || now?.cpu_usage?.percpu_usage?.length || 1;
	return used > 0 && passed > 0 ? (used / passed) * cpus * 100 : 0;
}

/** Without the cache that the kernel drops first: that is not needed memory. */
function memoryInUse({ memory_stats: memory }: ContainerStatsResponse): number {
	const usage = memory?.usage ?? 0;
	const inactive = memory?.stats?.["total_inactive_file"] ?? memory?.stats?.["inactive_file"] ?? 0;
	return inactive < usage ? usage - inactive : usage;
}

/** What `stats --format` can name; names and headers are docker's. */
export function statsView({ noTrunc }: { noTrunc: boolean }): View<StatsRow> {
	const shown = (format: (figures: Figures) => string, absent: string) => (row: StatsRow) =>
		row.figures === undefined ? absent : format(row.figures);
	return {
		BlockIO: {
			header: "BLOCK I/O",
			get: shown((f) => `${decimalSize(f.readBytes, 3)} / ${decimalSize(f.writtenBytes, 3)}`, "--"),
		},
		CPUPerc: { header: "CPU %", get: shown((f) => `${f.cpuPercent.toFixed(2)}%`, "--") },
		Container: { header: "CONTAINER", get: ({ container }) => container },
		ID: { header: "CONTAINER ID", get: ({ id }) => (noTrunc ? id : id.slice(0, 12)) },
		MemPerc: { header: "MEM %", get: shown((f) => `${memoryPercent(f).toFixed(2)}%`, "--") },
		MemUsage: {
			header: "MEM USAGE / LIMIT",
			get: shown((f) => `${binarySize(f.memoryBytes)} / ${binarySize(f.memoryLimitBytes)}`, "-- / --"),
		},
		Name: { header: "NAME", get: ({ name }) => name || "--" },
		NetIO: {
			header: "NET I/O",
			get: shown((f) => `${decimalSize(f.receivedBytes, 3)} / ${decimalSize(f.sentBytes, 3)}`, "--"),
		},
		PIDs: { header: "PIDS", get: shown((f) => String(f.processes), "--") },
	};
}

function memoryPercent({ memoryBytes, memoryLimitBytes }: Figures): number {
	return memoryLimitBytes === 0 ? 0 : (memoryBytes / memoryLimitBytes) * 100;
}
