import { type Static, Type } from "typebox";

export const ContainerThrottlingData = Type.Object({
	periods: Type.Optional(Type.Integer()),
	throttled_periods: Type.Optional(Type.Integer()),
	throttled_time: Type.Optional(Type.Integer()),
});
export type ContainerThrottlingData = Static<typeof ContainerThrottlingData>;

export const ContainerCPUUsage = Type.Object({
	total_usage: Type.Optional(Type.Integer()),
	percpu_usage: Type.Optional(Type.Array(Type.Integer())),
	usage_in_kernelmode: Type.Optional(Type.Integer()),
	usage_in_usermode: Type.Optional(Type.Integer()),
});
export type ContainerCPUUsage = Static<typeof ContainerCPUUsage>;

export const ContainerCPUStats = Type.Object({
	cpu_usage: Type.Optional(ContainerCPUUsage),
	system_cpu_usage: Type.Optional(Type.Integer()),
	online_cpus: Type.Optional(Type.Integer()),
	throttling_data: Type.Optional(ContainerThrottlingData),
});
export type ContainerCPUStats = Static<typeof ContainerCPUStats>;

export const ContainerMemoryStats = Type.Object({
	usage: Type.Optional(Type.Integer()),
	max_usage: Type.Optional(Type.Integer()),
	stats: Type.Optional(Type.Record(Type.String(), Type.Integer())),
	failcnt: Type.Optional(Type.Integer()),
	limit: Type.Optional(Type.Integer()),
	commitbytes: Type.Optional(Type.Integer()),
	commitpeakbytes: Type.Optional(Type.Integer()),
	privateworkingset: Type.Optional(Type.Integer()),
});
export type ContainerMemoryStats = Static<typeof ContainerMemoryStats>;

export const ContainerNetworkStats = Type.Object({
	rx_bytes: Type.Optional(Type.Integer()),
	rx_packets: Type.Optional(Type.Integer()),
	rx_errors: Type.Optional(Type.Integer()),
	rx_dropped: Type.Optional(Type.Integer()),
	tx_bytes: Type.Optional(Type.Integer()),
	tx_packets: Type.Optional(Type.Integer()),
	tx_errors: Type.Optional(Type.Integer()),
	tx_dropped: Type.Optional(Type.Integer()),
	endpoint_id: Type.Optional(Type.String()),
	instance_id: Type.Optional(Type.String()),
});
export type ContainerNetworkStats = Static<typeof ContainerNetworkStats>;

export const ContainerPidsStats = Type.Object({
	current: Type.Optional(Type.Integer()),
	limit: Type.Optional(Type.Integer()),
});
export type ContainerPidsStats = Static<typeof ContainerPidsStats>;

export const ContainerBlkioStatEntry = Type.Object({
	major: Type.Optional(Type.Integer()),
	minor: Type.Optional(Type.Integer()),
	op: Type.Optional(Type.String()),
	value: Type.Optional(Type.Integer()),
});
export type ContainerBlkioStatEntry = Static<typeof ContainerBlkioStatEntry>;

export const ContainerBlkioStats = Type.Object({
	io_service_bytes_recursive: Type.Optional(Type.Array(ContainerBlkioStatEntry)),
	io_serviced_recursive: Type.Optional(Type.Array(ContainerBlkioStatEntry)),
	io_queue_recursive: Type.Optional(Type.Array(ContainerBlkioStatEntry)),
	io_service_time_recursive: Type.Optional(Type.Array(ContainerBlkioStatEntry)),
	io_wait_time_recursive: Type.Optional(Type.Array(ContainerBlkioStatEntry)),
	io_merged_recursive: Type.Optional(Type.Array(ContainerBlkioStatEntry)),
	io_time_recursive: Type.Optional(Type.Array(ContainerBlkioStatEntry)),
	sectors_recursive: Type.Optional(Type.Array(ContainerBlkioStatEntry)),
});
export type ContainerBlkioStats = Static<typeof ContainerBlkioStats>;

export const ContainerStorageStats = Type.Object({
	read_count_normalized: Type.Optional(Type.Integer()),
	read_size_bytes: Type.Optional(Type.Integer()),
	write_count_normalized: Type.Optional(Type.Integer()),
	write_size_bytes: Type.Optional(Type.Integer()),
});
export type ContainerStorageStats = Static<typeof ContainerStorageStats>;

export const ContainerStatsResponse = Type.Object({
	id: Type.Optional(Type.String()),
	name: Type.Optional(Type.String()),
	os_type: Type.Optional(Type.String()),
	read: Type.Optional(Type.String()),
	cpu_stats: Type.Optional(ContainerCPUStats),
	memory_stats: Type.Optional(ContainerMemoryStats),
	networks: Type.Optional(Type.Record(Type.String(), ContainerNetworkStats)),
	pids_stats: Type.Optional(ContainerPidsStats),
	blkio_stats: Type.Optional(ContainerBlkioStats),
	num_procs: Type.Optional(Type.Integer()),
	storage_stats: Type.Optional(ContainerStorageStats),
	preread: Type.Optional(Type.String()),
	precpu_stats: Type.Optional(ContainerCPUStats),
});
export type ContainerStatsResponse = Static<typeof ContainerStatsResponse>;
