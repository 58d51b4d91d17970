import { mkdirSync, rmSync } from "node:fs";
import { EngineError, translateSystemError } from "../../lib/index.ts";
import type { RuntimeSpec } from "../../oci/index.ts";
import { compileSeccomp } from "../../sys/index.ts";
import type { Sandbox, Task, TaskSpec } from "../contract.ts";
import {
	type Connection,
	frameType,
	type RequestFields,
	SupervisedTask,
	startSupervisor,
	streamPrepareFields,
} from "../session/index.ts";
import { cardFields, identityFields } from "./configure-fields.ts";
import type { VmContext } from "./context.ts";
import { makeControlGroup } from "./control-group.ts";
import { guestPrepareFields } from "./guest-fields.ts";
import { guestMounts } from "./guest-mounts.ts";
import { vmHull } from "./hull.ts";
import { type JailParts, jailFields, jailMounts, provideFiles } from "./jail.ts";
import { layersDisk } from "./layers-disk.ts";
import { writeMachineFile } from "./machine-file.ts";
import { machineCpus, machineMemory } from "./machine-size.ts";
import type { VmFacts } from "./probe.ts";
import { qemuArguments } from "./qemu-arguments.ts";
import { type VmSandbox, vmSandboxOf } from "./sandbox.ts";
import { shareCapabilities } from "./share-capabilities.ts";

/** What a machine is to be, decided before anything of it is made. */
interface Plan {
	readonly spec: TaskSpec;
	readonly facts: VmFacts;
	readonly sandbox: VmSandbox;
	readonly size: { readonly memoryBytes: number; readonly cpus: number };
	readonly mounts: ReturnType<typeof guestMounts>;
	readonly jail: JailParts;
	readonly uid: number;
	readonly seccomp: Uint8Array | undefined;
}

/**
 * Starts the supervisor, and with it QEMU, which boots while the caller connects networks. What the guest is to be
 * goes out with the start, in one write.
 *
 * Crash windows: a supervisor whose only client vanishes before START ends its machine and leaves; its taps end with
 * it. `runDir` and the control group are then empty, and `cleanup` removes them.
 */
export async function createTask(
	context: VmContext,
	sandbox: Sandbox,
	request: { readonly spec: TaskSpec; readonly signal: AbortSignal | undefined },
): Promise<Task> {
	const { spec, signal } = request;
	const plan = await planMachine(context, vmSandboxOf(sandbox), spec);
	signal?.throwIfAborted();
	try {
		return startMachine(context, plan);
	} catch (error) {
		await context.cgroups.remove(groupPath(spec)).catch(() => undefined);
		context.users.giveBack(spec.id);
		rmSync(spec.runDir, { recursive: true, force: true });
		throw error;
	}
}

async function planMachine(context: VmContext, sandbox: VmSandbox, spec: TaskSpec): Promise<Plan> {
	const { machine } = spec;
	if (machine === undefined) throw new Error(`container ${spec.id} has no root for a machine`);
	if (machine.root.layers.length === 0)
		throw new EngineError(
			"invalid_argument",
			"isolation vm: an image without layers has nothing to boot into",
		);
	const facts = await context.probe.facts();
	const { options } = context;
	const memoryBytes = machineMemory(machine.memoryBytes ?? 0, {
		defaultBytes: options.defaultMemoryBytes,
		memoryBytes: context.hostMemoryBytes,
	});
	const defaultCpus = options.defaultCpus ?? (facts.accelerator === "kvm" ? 2 : 1);
	const mounts = guestMounts(spec.spec.mounts);
	const disk = layersDisk(machine.root.layers);
	return {
		spec,
		facts,
		sandbox,
		size: { memoryBytes, cpus: machineCpus(machine.cpus ?? 0, defaultCpus) },
		mounts,
		jail: { vmDir: options.vmDir, disk, shared: mounts.shared, template: undefined },
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

function startMachine(context: VmContext, plan: Plan): Task {
	const { spec, sandbox, size, uid } = plan;
	makeFolders(plan);
	writeMachineFile(spec.runDir, { uid, cgroup: groupPath(spec), size });
	const groups = makeControlGroup(groupPath(spec), context.cgroups.layout, {
		size,
		cpu: spec.spec.linux.resources?.cpu,
	});
	const connection = startSupervisor(spec, {
		command: [context.options.shimPath, "--vm", String(sandbox.tapFds.length)],
		descriptors: sandbox.tapFds,
	});
	const prepared = connection.request(frameType.prepare, prepareFields(plan, groups));
	// START reports it again.
	prepared.catch(() => {});
	const hull = vmHull(context, { location: spec, connection, size }, () => prepareStart(plan, connection));
	return new SupervisedTask(spec, connection, { hull, program: spec.spec.process.args[0] ?? "" });
}

function makeFolders({ spec, jail, uid }: Plan): void {
	try {
		mkdirSync(spec.stateDir, { recursive: true, mode: 0o710 });
		provideFiles(spec, jail, uid);
	} catch (error) {
		throw translateSystemError(error, `container ${spec.id}`);
	}
}

function groupPath({ id, spec }: TaskSpec): string {
	return spec.linux.cgroupsPath ?? `/hull/${id}`;
}

function prepareFields(plan: Plan, groups: readonly string[]): RequestFields {
	const { spec, facts, sandbox, size, uid } = plan;
	const { root, volatile } = spec.machine!;
	const upper = root.upper === undefined ? "none" : volatile ? "volatile" : "durable";
	const qemu = qemuArguments({
		size,
		accelerator: facts.accelerator,
		tscKhz: facts.tscKhz,
		taps: sandbox.tapFds.length,
		disks: { layers: true, upper },
		start: "boot",
	});
	const needsRights = plan.mounts.shared.some(({ source }) => !source.startsWith(`${spec.stateDir}/`));
	return [
		["vm-program", facts.qemuPath],
		...qemu.map((argument) => ["vm-argument", argument] as const),
		["vm-uid", uid],
		["vm-gid", uid],
		...(needsRights ? shareCapabilities : []).map((name) => ["vm-capability", name] as const),
		...groups.map((folder) => ["vm-cgroup", folder] as const),
		["vm-volatile", volatile],
		...jailFields(jailMounts(spec, plan.jail)),
		...streamPrepareFields(spec),
	];
}

async function prepareStart(plan: Plan, connection: Connection): Promise<void> {
	const { spec, sandbox, mounts, jail, seccomp } = plan;
	const guest = guestPrepareFields({
		spec: spec.spec,
		mounts,
		layers: jail.disk.extents,
		upper: spec.machine!.root.upper === undefined ? "tmpfs" : "disk",
		terminal: spec.terminal,
		openStdin: spec.openStdin,
		stdinOnce: spec.stdinOnce,
		seccomp,
	});
	const connected = sandbox.cards.filter(({ settings }) => settings !== undefined);
	const requests = [
		connection.request(frameType.guestPrepare, guest),
		connection.request(frameType.configure, [
			...identityFields(spec.machine!),
			...connected.flatMap(cardFields),
		]),
	];
	sandbox.listen(async (card) => void (await connection.request(frameType.configure, cardFields(card))));
	await Promise.all(requests);
}
