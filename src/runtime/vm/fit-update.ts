import type { LinuxResources } from "../contract.ts";
import { largestLimit, type MachineSize } from "./machine-size.ts";

const defaultPeriodMicros = 100_000;
const mebibyte = 2 ** 20;

/**
 * What of an update a machine of this size can have while it runs, and a warning for what it has only once it is
 * started again: memory and CPUs are added to no machine that runs.
 */
export function fitUpdate(
	resources: LinuxResources,
	size: MachineSize,
): { readonly resources: LinuxResources; readonly warnings: readonly string[] } {
	const warnings: string[] = [];
	const { memory, cpu } = resources;
	const most = largestLimit(size.memoryBytes);
	const limit = memory?.limit ?? 0;
	const isTooLarge = limit > most;
	if (isTooLarge)
		warnings.push(
			`The machine was started with ${size.memoryBytes / mebibyte} MiB: its memory limit is ${most / mebibyte} MiB ` +
				"until it is started again.",
		);
	const cpus = (cpu?.quota ?? 0) / (cpu?.period ?? defaultPeriodMicros);
	if (cpus > size.cpus)
		warnings.push(
			`The machine was started with ${size.cpus} CPU(s): it has no more until it is started again.`,
		);
	return { resources: isTooLarge ? { ...resources, memory: fitMemory(memory!, most) } : resources, warnings };
}

/** The runtime spec counts memory and swap together. */
function fitMemory(memory: NonNullable<LinuxResources["memory"]>, most: number): LinuxResources["memory"] {
	const { limit = 0, swap } = memory;
	return { ...memory, limit: most, ...(swap === undefined || swap < 0 ? {} : { swap: swap - limit + most }) };
}
