import { chmodSync, mkdirSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { EngineError, removeTreeSync, translateSystemError } from "../../lib/index.ts";
import type { RuntimeSpec } from "../../oci/index.ts";
import type { Sandbox, Task, TaskSpec } from "../contract.ts";
import {
	frameType,
	type RequestFields,
	SupervisedTask,
	startSupervisor,
	streamPrepareFields,
} from "../session/index.ts";
import type { ProcessContext } from "./context.ts";
import { processHull } from "./hull.ts";
import { applyNetworkSysctls } from "./network-sysctls.ts";
import type { OciRuntime } from "./oci-runtimes.ts";
import { writeRuntimeFile } from "./runtime-file.ts";
import { netnsOf } from "./sandbox.ts";
import { withSeccompProgram } from "./seccomp-program.ts";

/**
 * Starts the supervisor and hands it the task. It mounts the root while the caller connects networks; what goes wrong
 * there is told by `Task.start`.
 *
 * Crash windows: a supervisor whose only client vanishes before START leaves and takes its mounts along; `runDir` is
 * then an empty hull that `cleanup` removes.
 */
export async function createTask(
	context: ProcessContext,
	sandbox: Sandbox,
	request: { readonly spec: TaskSpec; readonly signal: AbortSignal | undefined },
): Promise<Task> {
	const { spec, signal } = request;
	signal?.throwIfAborted();
	const runtime = inMemory(context.runtimes.choose(spec.runtime), spec);
	const netnsFd = netnsOf(sandbox);
	const sysctl = applyNetworkSysctls(spec.spec.linux.sysctl ?? {}, netnsFd);
	makeFolders(spec, runtime);
	try {
		const connection = startSupervisor(spec, {
			command: [
				context.options.shimPath,
				...sharedMemory(spec),
				...(netnsFd === undefined ? [] : ["--netns"]),
			],
			trees: spec.trees,
			descriptors: netnsFd === undefined ? [] : [netnsFd],
		});
		const prepared = connection.request(frameType.prepare, prepareFields(context, runtime, { spec, sysctl }));
		// START reports it again.
		prepared.catch(() => {});
		const hull = processHull(context, spec);
		return new SupervisedTask(spec, connection, { hull, program: spec.spec.process.args[0] ?? "" });
	} catch (error) {
		removeTreeSync(spec.runDir);
		throw error;
	}
}

function sharedMemory({ memoryOf }: TaskSpec): string[] {
	return memoryOf === undefined ? [] : ["--shm", String(memoryOf)];
}

/** The runtime writes the spec down once more, into its own folder. */
function inMemory(runtime: OciRuntime, { memoryDir }: TaskSpec): OciRuntime {
	return memoryDir === undefined ? runtime : { ...runtime, root: join(memoryDir, "runtime") };
}

function makeFolders(spec: TaskSpec, runtime: OciRuntime): void {
	try {
		mkdirSync(runtime.root, { recursive: true, mode: 0o700 });
		mkdirSync(spec.stateDir, { recursive: true, mode: 0o710 });
		mkdirSync(spec.runDir, { recursive: true, mode: 0o700 });
		if (spec.spec.linux.uidMappings !== undefined) letNobodyPass(spec.runDir);
		// The supervisor writes through the link.
		if (spec.memoryDir !== undefined)
			symlinkSync(join(spec.memoryDir, "config.json"), join(spec.runDir, "config.json"));
		writeRuntimeFile(spec.runDir, { ...runtime, cgroup: cgroupOf(spec) });
	} catch (error) {
		throw translateSystemError(error, `container ${spec.id}`);
	}
}

/** The runtime goes to the root as the container's own root, who is nobody here. What is in the folders stays closed. */
function letNobodyPass(runDir: string): void {
	chmodSync(runDir, 0o711);
	for (let folder = dirname(runDir); folder !== "/"; folder = dirname(folder)) {
		if ((statSync(folder).mode & 0o001) !== 0) continue;
		throw new EngineError(
			"unavailable",
			`user namespaces need ${folder} to let others pass (chmod o+x), or another --run-root`,
		);
	}
}

/** Only an absolute path says where the group is, whatever the runtime. */
function cgroupOf(spec: TaskSpec): string | undefined {
	const path = spec.spec.linux.cgroupsPath;
	return path?.startsWith("/") ? path : undefined;
}

/** A task and the sysctls that are still to be set: those of its network are. */
interface PreparedTask {
	readonly spec: TaskSpec;
	readonly sysctl: Record<string, string>;
}

function prepareFields(context: ProcessContext, runtime: OciRuntime, task: PreparedTask): RequestFields {
	const { spec } = task;
	const mounts = spec.rootfs.flatMap((mount): [string, string | undefined][] => [
		["mount-type", mount.type],
		["mount-source", mount.source],
		["mount-cwd", mount.cwd],
		...mount.options.map((option): [string, string] => ["mount-option", option]),
	]);
	return [
		["runtime", runtime.path],
		["runtime-root", runtime.root],
		["runtime-timeout-ms", context.options.runtimeTimeoutMs],
		["config", JSON.stringify(withSeccompProgram(bundleConfig(task), runtime))],
		["cgroup", cgroupOf(spec)],
		...streamPrepareFields(spec),
		...mounts,
	];
}

/** The runtime inherits the network namespace from the supervisor, so the spec must not ask for one. */
function bundleConfig({ spec, sysctl }: PreparedTask): RuntimeSpec {
	const { linux, process, root } = spec.spec;
	return {
		...spec.spec,
		process: { ...process, terminal: spec.terminal },
		root: { ...root, path: join(spec.runDir, "rootfs") },
		linux: {
			...linux,
			sysctl,
			namespaces: linux.namespaces.filter((namespace) => namespace.type !== "network"),
		},
	};
}
