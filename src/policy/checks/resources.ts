/** Resources of containers: at creation and at an update. */
import type { ContainerUpdateRequest, HostConfig } from "../../api/index.ts";
import type { Limits, SocketPolicy } from "../contract.ts";
import { denial } from "../denial.ts";
import { checkFields, type FieldChecks, free, never, unless } from "./fields.ts";

/** Fields that both requests have. A field that is added to the API must be decided here before it compiles. */
export const resourceChecks: FieldChecks<ContainerUpdateRequest> = {
	CpuShares: free,
	Memory: limit("memory", (value, { memoryBytes }) => exceeds(value, memoryBytes)),
	MemoryReservation: free,
	MemorySwap: limit(
		"memory",
		(value, { memoryBytes }) => memoryBytes !== undefined && (value < 0 || value > 2 * memoryBytes),
	),
	MemorySwappiness: free,
	NanoCpus: limit("cpus", (value, { cpuNanos }) => exceeds(value, cpuNanos)),
	CpuQuota: limit("cpus", (value, { cpuNanos }) => value !== 0 && cpuNanos !== undefined),
	CpuPeriod: limit("cpus", (value, { cpuNanos }) => value !== 0 && cpuNanos !== undefined),
	PidsLimit: limit("pids", (value, { pids }) => exceeds(value, pids)),
	CpusetCpus: free,
	CpusetMems: free,
	Init: free,
	BlkioWeight: free,
	CgroupParent: never("cgroup-parent", "a control group's parent cannot be chosen"),
	CpuRealtimePeriod: never("realtime", "real-time scheduling is not allowed"),
	CpuRealtimeRuntime: never("realtime", "real-time scheduling is not allowed"),
	BlkioWeightDevice: never("devices", "devices of the host cannot be named"),
	BlkioDeviceReadBps: never("devices", "devices of the host cannot be named"),
	BlkioDeviceWriteBps: never("devices", "devices of the host cannot be named"),
	BlkioDeviceReadIOps: never("devices", "devices of the host cannot be named"),
	BlkioDeviceWriteIOps: never("devices", "devices of the host cannot be named"),
	Devices: never("devices", "devices of the host are not given to containers"),
	DeviceCgroupRules: never("devices", "rules for devices are not allowed"),
	DeviceRequests: never("devices", "devices of the host are not given to containers"),
	OomKillDisable: never("oom", "the OOM killer cannot be disabled"),
	Ulimits: unless("ulimits", (list) => {
		const odd = list.find(({ Name = "" }) => !harmlessLimits.has(Name.toLowerCase()));
		return odd === undefined ? undefined : `the ulimit ${JSON.stringify(odd.Name ?? "")} cannot be set`;
	}),
	CpuCount: free,
	CpuPercent: free,
	IOMaximumIOps: free,
	IOMaximumBandwidth: free,
	RestartPolicy: free,
};

/** Not those that change who runs before others (nice, rtprio, rttime). */
const harmlessLimits = new Set([
	...["as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue"],
	...["nofile", "nproc", "rss", "sigpending", "stack"],
]);

/** Of an update: fields that are left out stay as they are. `forbidden`. */
export function checkUpdate(policy: SocketPolicy, request: ContainerUpdateRequest): void {
	checkFields(policy, request, resourceChecks);
}

/** What a container gets that asks for less than it must: the policy's limits. */
export function withLimits({ rules: { limits } }: SocketPolicy, hostConfig: HostConfig): HostConfig {
	const { memoryBytes, cpuNanos, pids } = limits;
	return {
		...hostConfig,
		...(memoryBytes === undefined ? {} : { Memory: hostConfig.Memory || memoryBytes }),
		...(cpuNanos === undefined ? {} : { NanoCpus: hostConfig.NanoCpus || cpuNanos }),
		...(pids === undefined ? {} : { PidsLimit: hostConfig.PidsLimit || pids }),
	};
}

/** `forbidden` when one more container would be too many. */
export function checkCount(policy: SocketPolicy, existing: number): void {
	const { containers } = policy.rules.limits;
	if (containers !== undefined && existing >= containers)
		throw denial(policy, "limits.containers", `there are ${existing} containers, at most ${containers}`);
}

/** Zero asks for nothing; below zero is without a limit. */
function exceeds(value: number, most: number | undefined): boolean {
	return most !== undefined && (value < 0 || value > most);
}

function limit(member: keyof NamedLimits, isOver: (value: number, limits: Limits) => boolean) {
	return unless<number>(`limits.${member}`, (value, { rules: { limits } }) =>
		isOver(value, limits) ? `${value} is more than this socket's containers may have` : undefined,
	);
}

interface NamedLimits {
	readonly memory: true;
	readonly cpus: true;
	readonly pids: true;
}
