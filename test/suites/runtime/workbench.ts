import { execFileSync } from "node:child_process";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmdirSync,
	rmSync,
	statSync,
	symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../../src/lib/index.ts";
import type { Process, RuntimeSpec } from "../../../src/oci/index.ts";
import {
	createProcessDriver,
	createVmDriver,
	type Isolation,
	type RuntimeDriver,
	type TaskLog,
	type TaskSpec,
	type VmDriver,
} from "../../../src/runtime/index.ts";

/** A folder for one suite: a busybox tree, a driver on run and data roots of its own, and a look at what is left. */
export interface Workbench {
	readonly directory: string;
	readonly driver: RuntimeDriver;
	/** A driver as the next daemon would make it. */
	nextDriver(): RuntimeDriver;
	/** A task of a new container that runs `sh -c script`. */
	taskSpec(script: string, options?: TaskOptions): TaskSpec;
	/** Makes what a driver makes once: a machine's template. */
	warmUp(): Promise<void>;
	/** Mounts, processes, groups and sockets of this workbench that are still there. */
	leftovers(): string[];
	dispose(): void;
}

export interface TaskOptions {
	readonly id?: string;
	readonly args?: readonly string[];
	readonly terminal?: boolean;
	readonly openStdin?: boolean;
	readonly stdinOnce?: boolean;
	readonly runtime?: string;
	readonly log?: Partial<TaskLog>;
	readonly memoryBytes?: number;
	readonly hostPid?: boolean;
	readonly mounts?: TaskSpec["rootfs"];
	readonly process?: Partial<Process>;
}

export interface WorkbenchOptions {
	readonly isolation?: Isolation;
	readonly shimPath?: string;
	readonly runtimeTimeoutMs?: number;
	readonly runtimes?: Readonly<Record<string, string>>;
	readonly defaultRuntime?: string;
}

const repository = join(import.meta.dirname, "../../..");
export const shimPath = process.env["HULL_SHIM"] ?? join(repository, "native/build/hull-shim");

export function createWorkbench(options: WorkbenchOptions = {}): Workbench {
	execFileSync("make", ["-C", join(repository, "native")], { stdio: "ignore" });
	const directory = mkdtempSync(join(tmpdir(), "hull-runtime-"));
	const name = directory.slice(-6).toLowerCase();
	makeTree(join(directory, "tree"));
	const { isolation = "process" } = options;
	const common = { shimPath, runRoot: join(directory, "run"), log: createLogger("error") };
	const makeDriver = () =>
		isolation === "process"
			? createProcessDriver({ ...common, ...options })
			: createVmDriver({
					...common,
					dataRoot: join(directory, "data"),
					vmDir: join(repository, "dist/vm"),
					defaultMemoryBytes: 128 * 2 ** 20,
				});
	let count = 0;
	const driver = makeDriver();
	return {
		directory,
		driver,
		nextDriver: makeDriver,
		taskSpec(script, taskOptions = {}) {
			const id = taskOptions.id ?? `${name}-${++count}`;
			const spec = taskSpec({ directory, name, id, script }, taskOptions);
			return isolation === "process" ? spec : asMachine(spec, directory, taskOptions);
		},
		async warmUp() {
			if (driver.isolation === "process") return;
			const spec = this.taskSpec("true");
			await using sandbox = await driver.createSandbox({ id: spec.id, network: { kind: "own" } });
			const task = await driver.createTask(sandbox, spec);
			await task.start();
			await task.wait();
			await task.delete();
			await (driver as VmDriver).settle();
		},
		leftovers: () => [
			...leftMounts(directory),
			...leftProcesses(directory),
			...leftGroups(name),
			...leftFiles(directory),
		],
		dispose() {
			removeGroups(name);
			rmSync(directory, { recursive: true, force: true });
		},
	};
}

function makeTree(tree: string): void {
	for (const folder of ["bin", "dev", "etc", "proc", "root", "sys", "tmp"])
		mkdirSync(join(tree, folder), { recursive: true });
	cpSync("/bin/busybox", join(tree, "bin/busybox"));
	const applets = execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).trim().split("\n");
	for (const applet of applets) if (applet !== "busybox") symlinkSync("busybox", join(tree, "bin", applet));
}

function taskSpec(
	place: { readonly directory: string; readonly name: string; readonly id: string; readonly script: string },
	options: TaskOptions,
): TaskSpec {
	const { directory, name, id } = place;
	const stateDir = join(directory, "data/containers", id);
	for (const folder of ["upper", "work"])
		mkdirSync(join(directory, "layers", id, folder), { recursive: true });
	const overlay = {
		type: "overlay" as const,
		source: "overlay",
		cwd: join(directory, "layers", id),
		options: [`lowerdir=${join(directory, "tree")}`, "upperdir=upper", "workdir=work"],
	};
	return {
		id,
		stateDir,
		runDir: join(directory, "run/containers", id),
		spec: runtimeSpec(`/hull-test-${name}/${id}`, place.script, options),
		rootfs: options.mounts ?? [overlay],
		terminal: options.terminal ?? false,
		openStdin: options.openStdin ?? false,
		stdinOnce: options.stdinOnce ?? false,
		log: {
			driver: "json-file",
			path: join(stateDir, `${id}-json.log`),
			maxSizeBytes: 10 * 1024 * 1024,
			maxFiles: 3,
			attrs: "",
			...options.log,
		},
		...(options.runtime === undefined ? {} : { runtime: options.runtime }),
	};
}

/** The same tree as disks: an image of it that is made anew, since tests add to the tree, and an empty upper layer. */
function asMachine(spec: TaskSpec, directory: string, options: TaskOptions): TaskSpec {
	const folder = join(directory, "layers", spec.id);
	const layer = join(folder, "layer.erofs");
	const upper = join(folder, "upper.ext4");
	if (!existsSync(layer)) {
		execFileSync("mkfs.erofs", ["--quiet", layer, join(directory, "tree")], { stdio: "ignore" });
		execFileSync("mkfs.ext4", ["-q", "-F", "-J", "size=4", upper, "64m"], { stdio: "ignore" });
	}
	const { size: bytes } = statSync(layer);
	const machine = {
		root: { layers: [{ path: layer, bytes }], upper: { path: upper, sizeBytes: 64 * 2 ** 20 } },
		volatile: false,
		hostname: "workbench",
		domainname: "",
		whole: false,
		...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
	};
	return { ...spec, rootfs: [], machine };
}

export function processSpec(args: readonly string[], options: Partial<Process> = {}): Process {
	const capabilities = ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_SETGID", "CAP_DAC_OVERRIDE"];
	return {
		user: { uid: 0, gid: 0 },
		args: [...args],
		env: ["PATH=/bin", "TERM=xterm"],
		cwd: "/",
		capabilities: {
			bounding: capabilities,
			effective: capabilities,
			inheritable: [],
			permitted: capabilities,
			ambient: [],
		},
		...options,
	};
}

function runtimeSpec(cgroupsPath: string, script: string, options: TaskOptions): RuntimeSpec {
	const namespaces: RuntimeSpec["linux"]["namespaces"] = [
		{ type: "mount" },
		{ type: "ipc" },
		{ type: "uts" },
		{ type: "network" },
		...(options.hostPid ? [] : [{ type: "pid" as const }]),
	];
	return {
		ociVersion: "1.0.2",
		process: processSpec(options.args ?? ["sh", "-c", script], options.process),
		root: { path: "rootfs" },
		hostname: "workbench",
		mounts: [
			{ destination: "/proc", type: "proc", source: "proc" },
			{ destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=65536k"] },
			{
				destination: "/dev/pts",
				type: "devpts",
				source: "devpts",
				options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
			},
			{ destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
		],
		linux: {
			namespaces,
			cgroupsPath,
			resources:
				options.memoryBytes === undefined
					? {}
					: { memory: { limit: options.memoryBytes, swap: options.memoryBytes } },
		},
	};
}

function leftMounts(directory: string): string[] {
	return readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.filter((line) => line.includes(directory))
		.map((line) => `mount: ${line}`);
}

function leftProcesses(directory: string): string[] {
	return readdirSync("/proc")
		.filter((pid) => /^\d+$/.test(pid))
		.filter((pid) => {
			try {
				if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(directory)) return true;
				return readlinkSync(`/proc/${pid}/root`).includes(directory);
			} catch {
				return false;
			}
		})
		.map((pid) => `process: ${pid}`);
}

function groupsOf(name: string): string[] {
	return readdirSync("/sys/fs/cgroup").flatMap((controller) => {
		const parent = join("/sys/fs/cgroup", controller, `hull-test-${name}`);
		try {
			return readdirSync(parent, { withFileTypes: true })
				.filter((entry) => entry.isDirectory())
				.map((entry) => join(parent, entry.name));
		} catch {
			return [];
		}
	});
}

function leftGroups(name: string): string[] {
	return groupsOf(name).map((group) => `cgroup: ${group}`);
}

/** The parent group stays, as `/hull` does for the engine; it is this workbench's to remove. */
function removeGroups(name: string): void {
	for (const controller of readdirSync("/sys/fs/cgroup")) {
		try {
			rmdirSync(join("/sys/fs/cgroup", controller, `hull-test-${name}`));
		} catch {}
	}
}

function leftFiles(directory: string): string[] {
	try {
		return readdirSync(join(directory, "run/containers")).map((name) => `run folder: ${name}`);
	} catch {
		return [];
	}
}
