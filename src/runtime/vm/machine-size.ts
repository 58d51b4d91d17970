import { EngineError } from "../../lib/index.ts";

const mebibyte = 2 ** 20;

/** Sizes of machines: few, so that a template of each can be kept. */
const smallestBytes = 128 * mebibyte;
/** What a machine's kernel and hull-guest take of it, so that the container can reach its own limit. */
const guestBytes = 64 * mebibyte;
/** Beside the machine's memory QEMU itself has code, heap and the pages that its devices use. */
const qemuBytes = 192 * mebibyte;
const largestCpus = 64;

/** Memory and CPUs of one machine. */
export interface MachineSize {
	readonly memoryBytes: number;
	readonly cpus: number;
}

/**
 * The size class that holds a container with this limit (0: none, the default then): a power of two from 128 MiB.
 * Errors: `invalid_argument` when the host has less memory.
 */
export function machineMemory(
	limitBytes: number,
	host: { readonly defaultBytes: number; readonly memoryBytes: number },
): number {
	const wanted = limitBytes > 0 ? limitBytes + guestBytes : host.defaultBytes;
	let bytes = smallestBytes;
	while (bytes < wanted) bytes *= 2;
	if (bytes > host.memoryBytes && wanted <= host.memoryBytes)
		bytes = Math.floor(wanted / mebibyte) * mebibyte;
	if (bytes <= host.memoryBytes) return bytes;
	throw new EngineError(
		"invalid_argument",
		`a machine of ${bytes / mebibyte} MiB does not fit into the host's ${Math.floor(host.memoryBytes / mebibyte)} MiB`,
	);
}

/** Whole CPUs for a share of them (0: none, the default then). Errors: `invalid_argument`. */
export function machineCpus(cpus: number, defaultCpus: number): number {
	const wanted = cpus > 0 ? Math.ceil(cpus) : defaultCpus;
	if (wanted <= largestCpus) return wanted;
	throw new EngineError("invalid_argument", `a machine has at most ${largestCpus} CPUs, not ${wanted}`);
}

/** The most that a container in a machine of this size may be limited to. */
export function largestLimit(memoryBytes: number): number {
	return memoryBytes - guestBytes;
}

/** What QEMU's own control group allows. */
export function outerMemory(memoryBytes: number): number {
	return memoryBytes + qemuBytes;
}
