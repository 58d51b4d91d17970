import { closeSync, openSync } from "node:fs";
import { join, posix } from "node:path";
import type { HostConfig } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import {
	buildSpec,
	checkMachineSpec,
	grantNode,
	type NamespaceChoice,
	type NamespaceChoices,
	readDevices,
	resolveUser,
	type SavedMachine,
	type SpecInput,
	type SpecMount,
	type TaskSpec,
} from "../../runtime/index.ts";
import { openMappedTree, type SnapshotMount } from "../../store/index.ts";
import { cloneTree } from "../../sys/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import type { Accounts } from "../files/accounts.ts";
import { hostnameOf, type NetworkFiles, networkFiles } from "../files/network-files.ts";
import { isolationOf, isWholeMachine } from "../isolation.ts";
import { taskLocation } from "../locations.ts";
import { taskLog } from "../logs/plan.ts";
import type { ContainerMount, ContainerRecord } from "../record/record.ts";
import type { ProvidedSecrets } from "../secrets/provide.ts";
import type { Identity } from "../user-namespace/identity.ts";
import { assertMapped } from "../user-namespace/open.ts";
import { requestedDevices } from "./device-requests.ts";
import { commandOf } from "./merge-config.ts";
import { donorOf } from "./open-sandbox.ts";
import type { OpenedMounts } from "./open-trees.ts";
import type { HostMount } from "./prepare-mounts.ts";
import { resourceLimits } from "./resource-limits.ts";

/** What was looked up for a run. */
export interface PreparedRun {
	readonly mounts: readonly HostMount[];
	/** See `TaskSpec.trees`. */
	readonly trees?: readonly number[];
	/** Holds one more of them; see `OpenedMounts`. There when `mapped` is. */
	readonly add?: OpenedMounts["add"];
	/** Who the container is in a user namespace; not there: who it is on the host. */
	readonly mapped?: Identity | undefined;
	readonly accounts: Accounts;
	/** Their mounts are among `mounts`. */
	readonly secrets?: ProvidedSecrets;
	/** What `--link` adds to the environment. */
	readonly linkEnv?: readonly string[];
	/** A machine goes on from there instead of starting. */
	readonly saved?: SavedMachine | undefined;
}

/** Everything that the driver needs for a run, from the record and what was looked up for it. */
export async function taskSpec(
	context: Context,
	container: Container,
	prepared: PreparedRun,
): Promise<TaskSpec> {
	const { record } = container;
	const { config, hostConfig } = record;
	const location = taskLocation(context, record.id);
	const input = specInput(context, record, prepared);
	const { spec, warnings } = buildSpec(input);
	const memoryOf = memoryDonor(context, record);
	for (const warning of warnings) context.log.warn(warning, { container: record.id });
	return {
		...location,
		spec,
		...(await rootOf(context, record, prepared)),
		...(prepared.trees === undefined ? {} : { trees: prepared.trees }),
		...(memoryOf === undefined ? {} : { memoryOf }),
		terminal: config.Tty === true,
		openStdin: config.OpenStdin === true,
		stdinOnce: config.StdinOnce === true,
		log: taskLog(record, location.stateDir),
		...(prepared.secrets?.memoryDir === undefined ? {} : { memoryDir: prepared.secrets.memoryDir }),
		...(hostConfig.Runtime === context.defaultRuntime ? {} : { runtime: hostConfig.Runtime! }),
	};
}

/** What the container's tree is seen through: mounts on the host, or disks of a machine. */
async function rootOf(
	context: Context,
	record: ContainerRecord,
	{ saved, mapped, add }: PreparedRun,
): Promise<Pick<TaskSpec, "rootfs" | "machine">> {
	const { config, hostConfig, id } = record;
	const volatile = hostConfig.AutoRemove === true;
	if (isolationOf(record) === "process") {
		const mounts = context.snapshots.mounts(id, { volatile });
		return {
			rootfs: mapped === undefined ? mounts : mounts.map((mount) => mappedMount(mount, mapped, add!)),
		};
	}
	const { Memory: memoryBytes = 0, NanoCpus: nanoCpus = 0, CpuQuota: quota = 0 } = hostConfig;
	const cpus = nanoCpus > 0 ? nanoCpus / 1e9 : quota > 0 ? quota / (hostConfig.CpuPeriod || 100_000) : 0;
	const machine = {
		root: await context.snapshots.machineRoot(id),
		volatile,
		hostname: hostnameOf(context, record),
		domainname: config.Domainname ?? "",
		whole: isWholeMachine(hostConfig),
		...(cpus > 0 ? { cpus } : {}),
		...(memoryBytes > 0 ? { memoryBytes } : {}),
		...(saved === undefined ? {} : { saved }),
	};
	return { rootfs: [], machine };
}

function mappedMount(mount: SnapshotMount, { owners }: Identity, add: OpenedMounts["add"]): SnapshotMount {
	return { type: "bind", source: add(openMappedTree(mount, owners)), options: ["rbind"] };
}

/**
 * Makes the spec of a new container for its errors: options that nobody can serve are errors of the create request.
 * What only a start can know (users, namespaces of other containers) is left out.
 */
export function checkSpec(context: Context, record: ContainerRecord): void {
	const { config, hostConfig } = record;
	const alone: ContainerRecord = {
		...record,
		config: { ...config, User: "0" },
		hostConfig: {
			...hostConfig,
			NetworkMode: hostConfig.NetworkMode === "host" ? "host" : "none",
			PidMode: hostConfig.PidMode === "host" ? "host" : "",
			IpcMode: hostConfig.IpcMode?.startsWith("container:") ? "private" : hostConfig.IpcMode,
			GroupAdd: [],
		},
	};
	const { spec } = buildSpec(specInput(context, alone, { mounts: [], accounts: { passwd: "", group: "" } }));
	if (isolationOf(record) === "vm") checkMachineSpec(spec);
}

export function specInput(context: Context, record: ContainerRecord, prepared: PreparedRun): SpecInput {
	const { config, hostConfig } = record;
	const command = commandOf(config);
	const user = resolveUser(config.User ?? "", prepared.accounts, hostConfig.GroupAdd);
	if (prepared.mapped !== undefined) assertMapped(user, prepared.mapped.ids);
	const [height = 0, width = 0] = hostConfig.ConsoleSize ?? [];
	const cdi = requestedDevices(hostConfig.DeviceRequests ?? [], context.cdiSpecDirs);
	return {
		id: record.id,
		args: [command.path, ...command.args],
		env: withSecrets([...(prepared.linkEnv ?? []), ...(config.Env ?? [])], prepared.secrets?.env ?? []),
		workingDir: config.WorkingDir ?? "",
		terminal: config.Tty === true,
		...(height > 0 && width > 0 ? { consoleSize: { height, width } } : {}),
		user,
		hostname: hostnameOf(context, record),
		domainname: config.Domainname ?? "",
		readonlyRootfs: hostConfig.ReadonlyRootfs === true,
		annotations: hostConfig.Annotations ?? {},
		privileged: hostConfig.Privileged === true,
		capAdd: hostConfig.CapAdd ?? [],
		capDrop: hostConfig.CapDrop ?? [],
		securityOpt: hostConfig.SecurityOpt ?? [],
		maskedPaths: hostConfig.MaskedPaths ?? [],
		readonlyPaths: hostConfig.ReadonlyPaths ?? [],
		namespaces: { ...namespaces(context, record), ...userNamespace(prepared) },
		sysctls: hostConfig.Sysctls ?? {},
		cgroupParent: hostConfig.CgroupParent ?? "",
		mounts: specMounts(record, prepared.mounts),
		files: filesOf(context, record, prepared),
		shmSize: hostConfig.ShmSize ?? 0,
		...(hostConfig.Init ? { initPath: initPath(context, record) } : {}),
		devices: [...(hostConfig.Devices ?? []).flatMap(readDevice), ...(cdi?.deviceNodes ?? []).map(grantNode)],
		...(cdi === undefined ? {} : { cdi }),
		deviceCgroupRules: hostConfig.DeviceCgroupRules ?? [],
		resources: resourceLimits(hostConfig),
		ulimits: ulimits(hostConfig.Ulimits),
		oomScoreAdj: hostConfig.OomScoreAdj ?? 0,
		host: context.host.spec,
	};
}

/** Written later; to the container's root their folder is closed. */
function filesOf(context: Context, record: ContainerRecord, { mapped, add }: PreparedRun): NetworkFiles {
	const paths = networkFiles(context, record);
	if (mapped === undefined) return paths;
	const hold = (path: string) => {
		const fd = openSync(path, "a");
		try {
			return add!(cloneTree(fd, { recursive: false }));
		} finally {
			closeSync(fd);
		}
	};
	return { hosts: hold(paths.hosts), hostname: hold(paths.hostname), resolvConf: hold(paths.resolvConf) };
}

function withSecrets(env: readonly string[], secrets: readonly string[]): readonly string[] {
	const nameOf = (entry: string) => entry.split("=", 1)[0]!;
	const names = new Set(secrets.map(nameOf));
	return [...env.filter((entry) => !names.has(nameOf(entry))), ...secrets];
}

function initPath(context: Context, record: ContainerRecord): string {
	// hull-guest is the init there.
	if (isolationOf(record) === "vm") return "hull-guest";
	if (context.host.initPath !== undefined) return context.host.initPath;
	throw new EngineError(
		"invalid_argument",
		"HostConfig.Init: neither docker-init nor tini is installed on this host",
	);
}

function namespaces(context: Context, record: ContainerRecord): NamespaceChoices {
	const { NetworkMode: network = "", PidMode: pid, UTSMode: uts, CgroupnsMode } = record.hostConfig;
	return {
		network: network === "host" ? "host" : network.startsWith("container:") ? "shared" : "own",
		pid: namespace(context, pid, "PID"),
		ipc: ipcNamespace(context, record),
		uts: uts === "host" ? { kind: "host" } : { kind: "own" },
		cgroup: CgroupnsMode === "private" ? "own" : "host",
	};
}

/** The supervisor puts the namespace, which is a file to the kernel, where the runtime finds it. */
function userNamespace({ mapped, add }: PreparedRun): Pick<NamespaceChoices, "user"> {
	if (mapped === undefined) return {};
	const { namespace, ids } = mapped;
	return { user: { path: add!(cloneTree(namespace.fd, { recursive: false })), ids } };
}

function namespace(context: Context, mode: string | undefined, what: string): NamespaceChoice {
	if (mode === "host") return { kind: "host" };
	if (!mode?.startsWith("container:")) return { kind: "own" };
	return { kind: "container", pid: donorOf(context, mode, what).run!.task.pid! };
}

function ipcNamespace(context: Context, record: ContainerRecord): NamespaceChoices["ipc"] {
	const { IpcMode: mode } = record.hostConfig;
	if (mode === "host") return { kind: "host" };
	if (mode === "none") return { kind: "none" };
	const pid = memoryDonor(context, record);
	if (pid === undefined) return { kind: "own" };
	return { kind: "container", pid, shmPath: join(taskLocation(context, record.id).runDir, "trees", "shm") };
}

/** The process of the container whose IPC namespace is joined, and with it its shared memory. */
function memoryDonor(context: Context, { hostConfig }: ContainerRecord): number | undefined {
	const { IpcMode: mode } = hostConfig;
	if (!mode?.startsWith("container:")) return undefined;
	const donor = donorOf(context, mode, "IPC");
	const offered = donor.record.hostConfig.IpcMode;
	if (offered !== "shareable" && offered !== "host") {
		throw new EngineError(
			"invalid_argument",
			`can't join IPC of container ${donor.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
		);
	}
	return donor.run!.task.pid!;
}

/** Shallow targets first, so that a mount inside of another is not hidden by it. */
function specMounts(record: ContainerRecord, hostMounts: readonly HostMount[]): SpecMount[] {
	const binds = hostMounts.map(
		(mount): SpecMount => ({
			kind: "bind",
			source: mount.source,
			destination: mount.target,
			readOnly: mount.readOnly,
			propagation: mount.propagation,
			recursive: mount.recursive,
			...(mount.readOnlyRecursion === undefined ? {} : { readOnlyRecursion: mount.readOnlyRecursion }),
		}),
	);
	const mounted = record.mounts.filter((mount): mount is Tmpfs => mount.type === "tmpfs");
	const tmpfs = [
		...mounted.map(({ target, options }) => ({ target, options })),
		...Object.entries(record.hostConfig.Tmpfs ?? {}).map(([target, options]) => ({
			target: posix.normalize(target),
			options: options.split(",").filter((option) => option !== ""),
		})),
	].map(({ target, options }): SpecMount => ({ kind: "tmpfs", destination: target, options }));
	return [...binds, ...tmpfs].sort((a, b) => depth(a) - depth(b));
}

type Tmpfs = Extract<ContainerMount, { type: "tmpfs" }>;

function depth({ destination }: SpecMount): number {
	return destination.split("/").length;
}

function readDevice(mapping: NonNullable<HostConfig["Devices"]>[number]) {
	return readDevices({
		pathOnHost: mapping.PathOnHost ?? "",
		pathInContainer: mapping.PathInContainer ?? "",
		access: mapping.CgroupPermissions ?? "",
	});
}

function ulimits(limits: HostConfig["Ulimits"]): NonNullable<SpecInput["ulimits"]> {
	return (limits ?? []).map(({ Name: name = "", Soft: soft = 0, Hard: hard = 0 }) => ({
		name,
		soft,
		hard,
		origin: "user",
	}));
}
