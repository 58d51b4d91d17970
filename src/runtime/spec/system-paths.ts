import type { SpecHost } from "./input.ts";

/** What of /proc and /sys a container must not read: it tells of, or changes, the whole host. */
export function defaultMaskedPaths(host: SpecHost): string[] {
	return [...masked, ...host.thermalThrottlePaths];
}

const masked: readonly string[] = [
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
];

export const defaultReadonlyPaths: readonly string[] = [
	"/proc/bus",
	"/proc/fs",
	"/proc/irq",
	"/proc/sys",
	"/proc/sysrq-trigger",
];
