import { EngineError } from "../../lib/index.ts";
import type { DeviceRule, Resources } from "../../oci/index.ts";
import type { ResourceLimits, SpecInput } from "./input.ts";

/** Limits and device rules of a container in the runtime spec's terms. */
export function containerResources(input: SpecInput): Resources {
	const resources = { devices: deviceRules(input), ...linuxResources(input.resources ?? {}) };
	// A new group has no limit; crun 1.8 cannot write the -1 that says so.
	if ((resources.pids?.limit ?? 0) < 0) delete resources.pids;
	return resources;
}

/** Limits in the runtime spec's terms, for a new container and for an update; what is not limited is left out. */
export function linuxResources(limits: ResourceLimits): Resources {
	const resources: Resources = {};
	const memory = memoryOf(limits);
	const cpu = cpuOf(limits);
	const blockIO = { ...limits.blockIO, ...withValue("weight", limits.blkioWeight) };
	if (Object.keys(memory).length > 0) resources.memory = memory;
	if (Object.keys(cpu).length > 0) resources.cpu = cpu;
	if (Object.keys(blockIO).length > 0) resources.blockIO = blockIO;
	// Docker's 0 and negative values mean no limit; runtimes say -1.
	if (limits.pidsLimit !== undefined)
		resources.pids = { limit: limits.pidsLimit > 0 ? limits.pidsLimit : -1 };
	return resources;
}

function memoryOf(limits: ResourceLimits): NonNullable<Resources["memory"]> {
	const { memoryBytes = 0, memorySwapBytes = 0, memorySwappiness } = limits;
	const memory: NonNullable<Resources["memory"]> = {
		...withValue("limit", memoryBytes),
		...withValue("reservation", limits.memoryReservationBytes),
	};
	// Without a word about swap Docker allows as much again as memory.
	const swap = memorySwapBytes === 0 && memoryBytes > 0 ? memoryBytes * 2 : memorySwapBytes;
	if (swap > 0) memory.swap = swap;
	else if (swap === -1 && memoryBytes > 0) memory.swap = -1;
	if (memorySwappiness !== undefined && memorySwappiness >= 0) memory.swappiness = memorySwappiness;
	if (limits.oomKillDisable) memory.disableOOMKiller = true;
	return memory;
}

/** Docker turns `--cpus` into a share of this period. */
const nanoCpuPeriodMicros = 100_000;

function cpuOf(limits: ResourceLimits): NonNullable<Resources["cpu"]> {
	const { cpuNanos = 0, cpusetCpus = "", cpusetMems = "" } = limits;
	const cpu: NonNullable<Resources["cpu"]> = {
		...withValue("shares", limits.cpuShares),
		...withValue("realtimePeriod", limits.cpuRealtimePeriodMicros),
		...withValue("realtimeRuntime", limits.cpuRealtimeRuntimeMicros),
	};
	if (cpuNanos > 0) {
		cpu.period = nanoCpuPeriodMicros;
		cpu.quota = Math.trunc((cpuNanos / 1e9) * nanoCpuPeriodMicros);
	}
	if (limits.cpuPeriodMicros) cpu.period = limits.cpuPeriodMicros;
	if (limits.cpuQuotaMicros) cpu.quota = limits.cpuQuotaMicros;
	if (cpusetCpus !== "") cpu.cpus = cpusetCpus;
	if (cpusetMems !== "") cpu.mems = cpusetMems;
	return cpu;
}

function withValue<Key extends string>(key: Key, value: number | undefined): { [K in Key]?: number } {
	return value ? ({ [key]: value } as { [K in Key]?: number }) : {};
}

/**
 * Nothing, then what Docker allows: null, zero, random, urandom, tty, console; not fuse. Runtimes add ptmx and the
 * pseudo terminals. Privileged containers may use everything.
 */
function deviceRules(input: SpecInput): DeviceRule[] {
	if (input.privileged) return [{ allow: true, access: "rwm" }];
	return [
		{ allow: false, access: "rwm" },
		...allowedByDefault.map(([major, minor]) => allow(major, minor)),
		{ allow: false, type: "c", major: 10, minor: 229, access: "rwm" },
		...(input.devices ?? []).map(
			({ device, access }): DeviceRule => ({
				allow: true,
				type: device.type === "b" ? "b" : "c",
				major: device.major,
				minor: device.minor,
				access,
			}),
		),
		...(input.deviceCgroupRules ?? []).map(parseDeviceRule),
	];
}

const allowedByDefault: readonly (readonly [major: number, minor: number])[] = [
	[1, 5],
	[1, 3],
	[1, 9],
	[1, 8],
	[5, 0],
	[5, 1],
];

function allow(major: number, minor: number): DeviceRule {
	return { allow: true, type: "c", major, minor, access: "rwm" };
}

/** `c 10:200 rwm`, `b *:* r`. https://docs.kernel.org/admin-guide/cgroup-v1/devices.html */
export function parseDeviceRule(rule: string): DeviceRule {
	const match = /^([acb]) (\d{1,10}|\*):(\d{1,10}|\*) ([rwm]{1,3})$/.exec(rule);
	if (match === null)
		throw new EngineError("invalid_argument", `invalid device cgroup rule format: '${rule}'`);
	const number = (text: string) => (text === "*" ? -1 : Number(text));
	return {
		allow: true,
		type: match[1] as "a" | "c" | "b",
		major: number(match[2]!),
		minor: number(match[3]!),
		access: match[4]!,
	};
}
