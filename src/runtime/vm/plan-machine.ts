import { EngineError } from "../../lib/index.ts";
import type { RuntimeSpec } from "../../oci/index.ts";
import { compileSeccomp } from "../../sys/index.ts";
import type { TaskSpec } from "../contract.ts";
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
	readonly seccomp: Uint8Array | undefined;
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
	const { options } = context;
	const memoryBytes = machineMemory(machine.memoryBytes ?? 0, {
		defaultBytes: options.defaultMemoryBytes,
		memoryBytes: context.hostMemoryBytes,
	});
	const defaultCpus = options.defaultCpus ?? (facts.accelerator === "kvm" ? 2 : 1);
	const mounts = guestMounts(spec.spec.mounts, spec.stateDir);
	return {
		spec,
		facts,
		sandbox,
		size: savedSize ?? { memoryBytes, cpus: machineCpus(machine.cpus ?? 0, defaultCpus) },
		mounts,
		disk: layersDisk(machine.root.layers),
		seccomp: seccompProgram(spec.spec),
		uid: context.users.take(spec.id),
	};
}

function seccompProgram({ linux }: RuntimeSpec): Uint8Array | undefined {
	if (linux.seccomp === undefined) return undefined;
	const program = compileSeccomp(linux.seccomp);
	if (program !== undefined) return program;
	throw new EngineError(
		"unavailable",
		"isolation vm needs libseccomp for the container's filter: install libseccomp2, or use --security-opt seccomp=unconfined",
	);
}
