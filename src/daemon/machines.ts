import { dirname, join } from "node:path";
import { parseMemoryBytes } from "../api/index.ts";
import { EngineError, selfCommand } from "../lib/index.ts";
import type { VmDriver } from "../runtime/index.ts";

/** What containers of isolation vm get that ask for nothing else; absent members are the driver's choice. */
export interface MachineDefaults {
	readonly defaultMemoryBytes?: number;
	readonly defaultCpus?: number;
	/** Machines of each size in use that are kept ready. */
	readonly poolSize: number;
	/** Of a machine's own disk. */
	readonly diskBytes: number;
}

const defaultPoolSize = 0;
const largestPoolSize = 16;
const smallestBytes = 128 * 2 ** 20;
const largestCpus = 64;
const defaultDiskBytes = 10 * 2 ** 30;
const smallestDiskBytes = 64 * 2 ** 20;
const largestDiskBytes = 16 * 2 ** 40;

/** `--vm-memory`, `--vm-cpus`, `--vm-disk` and `--vm-pool`. Errors: `invalid_argument` that names the flag. */
export function machineDefaults(texts: {
	readonly memory: string | undefined;
	readonly cpus: string | undefined;
	readonly disk: string | undefined;
	readonly pool: string | undefined;
}): MachineDefaults {
	const { memory, cpus, disk, pool } = texts;
	return {
		poolSize: pool === undefined ? defaultPoolSize : poolSize(pool),
		diskBytes: disk === undefined ? defaultDiskBytes : diskSize(disk),
		...(memory === undefined ? {} : { defaultMemoryBytes: memorySize(memory) }),
		...(cpus === undefined ? {} : { defaultCpus: cpuCount(cpus) }),
	};
}

function memorySize(text: string): number {
	try {
		const bytes = parseMemoryBytes(text);
		if (bytes >= smallestBytes) return bytes;
	} catch {}
	throw new EngineError("invalid_argument", `--vm-memory ${text}: must be a size of at least 128m`);
}

function poolSize(text: string): number {
	if (/^\d{1,2}$/.test(text) && Number(text) <= largestPoolSize) return Number(text);
	throw new EngineError(
		"invalid_argument",
		`--vm-pool ${text}: must be a number from 0 to ${largestPoolSize}`,
	);
}

function diskSize(text: string): number {
	try {
		const bytes = parseMemoryBytes(text);
		if (bytes >= smallestDiskBytes && bytes <= largestDiskBytes) return bytes;
	} catch {}
	throw new EngineError("invalid_argument", `--vm-disk ${text}: must be a size from 64m to 16t`);
}

function cpuCount(text: string): number {
	if (/^[1-9]\d?$/.test(text) && Number(text) <= largestCpus) return Number(text);
	throw new EngineError("invalid_argument", `--vm-cpus ${text}: must be a number from 1 to ${largestCpus}`);
}

/** Beside the executable, or in `dist/` when running from source; `HULL_VM_DIR` overrides. */
export function findMachineFiles(): string {
	const [program, entry] = selfCommand();
	const beside = entry === undefined ? dirname(program!) : join(dirname(entry), "../../dist");
	return process.env["HULL_VM_DIR"] ?? join(beside, "vm");
}

/** The first who makes a machine is told what it costs without KVM; nobody again until the engine is started anew. */
export function hintWithoutKvm(machines: VmDriver): () => Promise<string | undefined> {
	let told = false;
	return async () => {
		const { accelerator } = await machines.facts();
		if (accelerator === "kvm" || told) return undefined;
		told = true;
		return (
			"isolation vm: /dev/kvm cannot be used on this host, so machines run by translation (TCG): " +
			"isolation is the same, programs are slower by an order of magnitude"
		);
	};
}
