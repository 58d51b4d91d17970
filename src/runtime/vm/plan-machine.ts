import { EngineError } from "../../lib/index.ts";
import type { RuntimeSpec } from "../../oci/index.ts";
import type { MachineSpec, TaskSpec } from "../contract.ts";
import { seccompProgram } from "../spec/seccomp-program.ts";
import type { VmContext } from "./context.ts";
import { type GuestMounts, guestMounts } from "./guest-mounts.ts";
import { type LayersDisk, layersDisk } from "./layers-disk.ts";
import { type MachineSize, machineCpus, machineMemory } from "./machine-size.ts";
import type { VmFacts } from "./probe.ts";
import type { VmSandbox } from "./sandbox.ts";
import { savedFile } from "./save/saved-file.ts";

/** What a machine is to be, decided before anything of it is made. */
export interface MachinePlan {
	readonly spec: TaskSpec;
	readonly facts: VmFacts;
	readonly sandbox: VmSandbox;
	readonly size: MachineSize;
	readonly mounts: GuestMounts;
	readonly disk: LayersDisk;
	/** User id of QEMU. */
	readonly uid: number;
	/** As {@link seccompProgram} gives it. */
	readonly seccomp: string | undefined;
}

/** Errors: `invalid_argument` for what no machine can be, `unavailable` for what this host has not. */
export async function planMachine(
	context: VmContext,
	sandbox: VmSandbox,
	spec: TaskSpec,
): Promise<MachinePlan> {
	const { machine } = spec;
	if (machine === undefined) throw new Error(`container ${spec.id} has no root for a machine`);
	if (machine.root.layers.length === 0)
		throw new EngineError(
			"invalid_argument",
			"isolation vm: an image without layers has nothing to boot into",
		);
	const savedSize = machine.saved === undefined ? undefined : savedFile(machine.saved).size;
	const facts = await context.probe.facts();
	const mounts = guestMounts(spec.spec.mounts, spec.stateDir);
	return {
		spec,
		facts,
		sandbox,
		size: savedSize ?? sizeOf(context, machine, facts),
		mounts,
		disk: layersDisk(machine.root.layers),
		seccomp: filterOf(spec.spec),
		uid: userOf(context, sandbox, spec.id),
	};
}

/** Errors: `invalid_argument` for what this host has not. */
export function sizeOf(
	{ options, hostMemoryBytes }: VmContext,
	machine: MachineSpec,
	facts: VmFacts,
): MachineSize {
	const memoryBytes = machineMemory(machine.memoryBytes ?? 0, {
		defaultBytes: options.defaultMemoryBytes,
		memoryBytes: hostMemoryBytes,
	});
	const defaultCpus = options.defaultCpus ?? (facts.accelerator === "kvm" ? 2 : 1);
	return { memoryBytes, cpus: machineCpus(machine.cpus ?? 0, defaultCpus) };
}

/** QEMU keeps the user that it was started as. */
function userOf({ users }: VmContext, { spare }: VmSandbox, id: string): number {
	if (spare === undefined) return users.take(id);
	users.giveBack(spare.id);
	users.keep(id, spare.uid);
	return spare.uid;
}

function filterOf({ linux }: RuntimeSpec): string | undefined {
	if (linux.seccomp === undefined) return undefined;
	const program = seccompProgram(linux.seccomp);
	if (program !== undefined) return program;
	throw new EngineError(
		"unavailable",
		"isolation vm needs libseccomp for the container's filter: install libseccomp2, or use --security-opt seccomp=unconfined",
	);
}
