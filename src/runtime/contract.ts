/**
 * The contract between containers and whatever isolates them.
 *
 * Vocabulary:
 * - **driver**: one hull, `process` (an OCI runtime) or `vm` (QEMU). All drivers pass `test/suites/runtime`.
 * - **sandbox**: what tasks share: the network namespace (process) or the machine (vm). A plain container is a
 *   sandbox of one; `--network container:x` is another task in x's sandbox.
 * - **task**: one container's processes under one supervisor (hull-shim), from the moment the supervisor runs until
 *   its exit record is on disk. A restarted container gets a new task.
 * - **exec**: one more process in a running task.
 * - **attachment**: one client's view of the standard streams of a task or exec.
 *
 * Lifecycle of a task: `createTask` starts the supervisor, nothing of the user's runs → `attach` (any number) →
 * `start` → `wait` gives the exit record → `delete`. The daemon may die anywhere in between; `openTask` takes up
 * again. The supervisor leaves by itself once the container has ended, its exit record is on disk and the runtime's
 * state is deleted.
 *
 * Example:
 * ```ts
 * await using sandbox = await driver.createSandbox({ id, network: { kind: "own" } }, signal);
 * await networks.connect(sandbox.plug, …);
 * const task = await driver.createTask(sandbox, spec, signal);
 * const streams = await task.attach({ stdin: true, stdout: true, stderr: true });
 * await task.start();
 * const exit = await task.wait();
 * ```
 */
import type { NetworkPlug } from "../networks/index.ts";
import type { Process, RuntimeSpec } from "../oci/index.ts";
import type { MachineRoot, SnapshotMount } from "../store/index.ts";
import type { IdRanges } from "../sys/index.ts";

export type Isolation = "process" | "vm";

export interface RuntimeDriver {
	readonly isolation: Isolation;
	/** Rejects with `unavailable` when this host has not what the driver needs, naming it and how to get it. */
	assertUsable(): Promise<void>;
	createSandbox(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox>;
	/**
	 * A user namespace with ids of its own, or a hold on the one of a task that runs. Not there for machines, whose ids
	 * are no host's anyway. `unavailable` when the host does not let the engine make one.
	 */
	openUserNamespace?(of: { readonly ids: IdRanges } | { readonly task: Task }): Promise<UserNamespace>;
	/** The sandbox of a task that runs, to put another task in. */
	joinSandbox(task: Task): Promise<Sandbox>;
	/** The sandbox of a task that runs, to plug networks into it or out of it. */
	openSandbox(task: Task): Promise<Sandbox>;
	/** Starts the supervisor and connects. Undoes everything on failure. */
	createTask(sandbox: Sandbox, spec: TaskSpec, signal?: AbortSignal): Promise<Task>;
	/** Connects to a supervisor that outlived the daemon. `undefined`: it is gone; see {@link readExit}. */
	openTask(location: TaskLocation): Promise<Task | undefined>;
	/**
	 * The files of a machine that does not run; nothing of the user's is started. `spec` has folders of its own. Not
	 * there for process isolation, whose trees the host can mount.
	 */
	openFiles?(spec: TaskSpec, signal?: AbortSignal): Promise<OpenedFiles>;
	/** The exit record on disk, or `undefined` when there is none (the supervisor was killed, the host went down). */
	readExit(location: TaskLocation): Promise<ExitRecord | undefined>;
	/** Kills and removes what a vanished supervisor may have left: processes, cgroup, runtime state, sockets. Idempotent. */
	cleanup(location: TaskLocation): Promise<void>;
	/** Whether a task of this driver's left something in `runDir`, when there is no record to ask. */
	owns(location: TaskLocation): boolean;
}

export interface SandboxSpec {
	readonly id: string;
	/**
	 * `own`: a fresh network namespace with only `lo`, up, or a machine's network cards, one for each of the
	 * `endpoints` (1) that it will have; `host`: the host's.
	 */
	readonly network:
		| {
				readonly kind: "own";
				readonly endpoints?: number;
				/** Whose the network namespace is, and with it the right to change it; otherwise the host's. */
				readonly userNamespace?: UserNamespace | undefined;
		  }
		| { readonly kind: "host" };
	/** The task that it is made for, when that is known: a driver may have something ready for it. */
	readonly task?: TaskSpec;
}

/** Held by the daemon only while a task is being started; disposing lets go of it, it lasts as long as its processes. */
export interface UserNamespace extends Disposable {
	readonly fd: number;
	/** A new network namespace of its own, taken over by the caller; once. */
	takeNetwork(): number;
}

/** Held by the daemon only while a task is being started; disposing lets go of handles and stops nothing. */
export interface Sandbox extends AsyncDisposable {
	readonly id: string;
	readonly isolation: Isolation;
	/** Where networks are plugged in; `undefined` for the host's network. */
	readonly plug: NetworkPlug | undefined;
}

/** Where a task keeps its things. Both folders are made by the driver and named after the container. */
export interface TaskLocation {
	readonly id: string;
	/** On disk, survives a reboot: `<data-root>/containers/<id>` (exit record, log). */
	readonly stateDir: string;
	/** Gone after a reboot: `<run-root>/containers/<id>` (bundle, shim socket). */
	readonly runDir: string;
}

export interface TaskSpec extends TaskLocation {
	/** The OCI runtime spec, complete but for `root.path`, which the driver sets. */
	readonly spec: RuntimeSpec;
	/** Mounted in the supervisor's own mount namespace, so that nothing is left on the host when it ends. Process only. */
	readonly rootfs: readonly SnapshotMount[];
	/**
	 * Mounts that are nowhere yet, a descriptor each; the supervisor puts them on `<runDir>/trees/0`, `1`, …, where the
	 * mounts of `spec` find them. They stay the caller's and may be closed when `createTask` has resolved.
	 */
	readonly trees?: readonly number[];
	/**
	 * A process whose /dev/shm the container has as well; the supervisor puts it on `<runDir>/trees/shm`. Process only.
	 */
	readonly memoryOf?: number;
	/** What a virtual machine is made of; `undefined` for process isolation. */
	readonly machine?: MachineSpec;
	readonly terminal: boolean;
	/** False: the process's stdin is /dev/null. */
	readonly openStdin: boolean;
	/** Close stdin when the first client that attached to it leaves. */
	readonly stdinOnce: boolean;
	readonly log: TaskLog;
	/** In memory, for the run alone: what is written down of the spec goes there, because it must not be on a disk. */
	readonly memoryDir?: string;
	/** `--runtime`: name or path of an OCI runtime; `undefined` chooses. */
	readonly runtime?: string;
}

export interface MachineSpec {
	readonly root: MachineRoot;
	/** It goes on from there instead of starting anew; `root` has the disk of that moment. */
	readonly saved?: SavedMachine;
	/** The writable disk dies with the container: nothing of it is synced. */
	readonly volatile: boolean;
	/** Virtual CPUs; `undefined` is the driver's default. */
	readonly cpus?: number;
	/** Of the machine, rounded up to a size class; `undefined` is the driver's default. */
	readonly memoryBytes?: number;
	/** Seen by its processes; the kernel's own is the same. */
	readonly hostname: string;
	readonly domainname: string;
	/** The container's process is the init of a whole machine. */
	readonly whole: boolean;
}

/** A machine as {@link Task.save} left it. */
export interface SavedMachine {
	readonly folder: string;
	/** When its container was started: RFC 3339. */
	readonly startedAt: string;
}

export interface SaveOrder {
	/** An empty folder; the memory's file in it is mapped by those that are restored from it. */
	readonly folder: string;
	/** Copies the machine's disk, which stands still meanwhile. */
	copyDisk(): Promise<void>;
}

export interface TaskLog {
	readonly driver: "json-file" | "none";
	/** In `stateDir`; older files have `.1`, `.2`, … (`.gz` when compressed). */
	readonly path: string;
	/** A file reaching this size is rotated; 0 is unbounded. */
	readonly maxSizeBytes: number;
	/** Files kept, the current one included; at least 1. */
	readonly maxFiles: number;
	/** The JSON object of each line's `attrs` (labels, env and tag of `--log-opt`), or empty. */
	readonly attrs: string;
	/** Bytes that are no UTF-8 are kept. */
	readonly exact?: boolean;
	/** Path of the gzip that compresses rotated files. */
	readonly gzip?: string | undefined;
	/** Where it is noted how far the log was shipped: the container waits for that. */
	readonly shippedPath?: string | undefined;
}

export interface Task {
	readonly id: string;
	readonly location: TaskLocation;
	/** Process id of the container's init on the host; `undefined` before start. */
	readonly pid: number | undefined;
	/** Resolves when the supervisor is up, its socket with it; `unavailable` when it has left. */
	supervised(): Promise<void>;
	/**
	 * Runs the container's process. Errors: `command_not_found` (127), `command_not_executable` (126),
	 * `runtime_failed` with the runtime's own message. After an error the task is over and deleted.
	 */
	start(): Promise<{ readonly pid: number }>;
	/** May be called before `start`: then no byte of output is missed. */
	attach(options: AttachOptions): Promise<Attachment>;
	exec(spec: ExecSpec): Promise<Exec>;
	/** Execs that run, and those that ended while no daemon was connected. */
	execs(): Promise<readonly ExecState[]>;
	/** One of {@link execs} again, without its streams, to signal, resize or wait; `undefined` when there is none. */
	openExec(id: string): Promise<Exec | undefined>;
	/** Sends a signal to the container's init. `not_found` when it has ended. */
	signal(signal: number): Promise<void>;
	resize(columns: number, rows: number): Promise<void>;
	pause(): Promise<void>;
	resume(): Promise<void>;
	/** Host process ids of everything in the container; for a machine the processes outside that are it. */
	pids(): Promise<readonly number[]>;
	/** Processes as the machine sees them, where the host cannot; `undefined` for process isolation. */
	guestProcesses(): Promise<readonly GuestProcess[]> | undefined;
	stats(): Promise<TaskStats>;
	/** Changes limits while running; fields left out stay. Gives warnings for what has to wait for the next start. */
	update(resources: LinuxResources): Promise<readonly string[]>;
	/**
	 * Mounts a tree (see {@link TaskSpec.trees}) into the container while it runs, on a path that is made where it is
	 * missing; `tree` stays the caller's. Errors: `conflict` when the path cannot be mounted on; `not_implemented`
	 * for a machine that was started with nothing of the host.
	 */
	mount(tree: number, options: { readonly target: string; readonly readOnly: boolean }): Promise<void>;
	/**
	 * Takes what is mounted on a path of the container away; nothing to do when nothing is. `conflict` when it is in
	 * use, unless `force` is set: then those that use it go on, and nobody else finds it.
	 */
	unmount(target: string, options: { readonly force: boolean }): Promise<void>;
	/**
	 * Changes lines of a file that the engine gives the container (`/etc/hosts`) and of which a machine has a copy of its
	 * own; the rest of it is the container's. `undefined` for process isolation, which sees the engine's file.
	 */
	changeLines(target: string, change: LineChange): Promise<void> | undefined;
	/**
	 * The files of a machine, which its guest serves; `undefined` for process isolation. A guest may answer what it
	 * likes and as slowly as it likes: only confined workers go there.
	 */
	files(): Promise<MachineFiles> | undefined;
	/** Where the container's root can be read and written by a confined worker (`/proc/<pid>/root`). */
	rootPath(): string | undefined;
	/**
	 * Puts a machine that runs into a folder; it stands for as long as that takes, then goes on. `undefined` for process
	 * isolation.
	 */
	save(order: SaveOrder): Promise<void> | undefined;
	/** Resolves once, when the exit record is on disk, or when the supervisor vanished (then `lost` is set). */
	wait(): Promise<ExitRecord>;
	/** Called for each kernel OOM kill in the container. */
	onOom(listener: () => void): void;
	/** Waits until the supervisor is gone, then removes `runDir`. Only after `wait` resolved or before `start`. */
	delete(): Promise<void>;
	/**
	 * Somebody waits for {@link delete}, which goes on for as long as attached clients have output to take: from now
	 * on those that take nothing for 10 s lose the rest.
	 */
	cutOff(): void;
	/** Lets go of the connection; the container runs on. */
	close(): void;
}

/** Each of `drop` goes once, where it is there; `add` comes at the end. */
export interface LineChange {
	readonly drop: readonly string[];
	readonly add: readonly string[];
}

export interface MachineFiles {
	/** The root with everything that is mounted in it. */
	readonly rootPath: string;
	/** Its own changes alone, with the marks of overlayfs for what is gone. */
	readonly upperPath: string;
	/** In whose mount namespace {@link mountedUpperPath} is the same folder. */
	readonly namespacePid: number;
	readonly mountedUpperPath: string;
}

/** Disposing makes changes durable and ends what served them. */
export interface OpenedFiles extends MachineFiles, AsyncDisposable {}

export interface AttachOptions {
	readonly stdin: boolean;
	readonly stdout: boolean;
	readonly stderr: boolean;
}

/**
 * One client's streams. The producer stops sending when `output` is not read: 256 KiB are under way at most.
 * With a terminal everything arrives as `stdout`.
 */
export interface Attachment {
	/** Ends after the last byte when the process has ended, or when the attachment is closed. */
	readonly output: AsyncIterable<OutputChunk>;
	/** Resolves when the supervisor has room for more. Fails with `not_found` when stdin is closed. */
	write(data: Uint8Array): Promise<void>;
	/** End of file on the process's stdin. */
	closeStdin(): Promise<void>;
	/** Detaches; the process goes on. */
	close(): void;
}

export interface OutputChunk {
	readonly stream: "stdout" | "stderr";
	readonly data: Uint8Array;
}

export interface ExecSpec {
	/** 64 hex digits. */
	readonly id: string;
	readonly process: Process;
	/** Streams to hand back; `undefined` runs detached: output is dropped, stdin is /dev/null. */
	readonly attach?: AttachOptions;
}

export interface Exec {
	readonly id: string;
	readonly pid: number;
	readonly attachment: Attachment | undefined;
	signal(signal: number): Promise<void>;
	resize(columns: number, rows: number): Promise<void>;
	wait(): Promise<{ readonly exitCode: number }>;
}

export type ExecState =
	| { readonly id: string; readonly status: "running"; readonly pid: number }
	| { readonly id: string; readonly status: "exited"; readonly pid: number; readonly exitCode: number };

/** `<stateDir>/exit.json`: what the supervisor leaves before it tells anybody. */
export interface ExitRecord {
	/** 0 to 255; 128 + n when ended by signal n. */
	readonly exitCode: number;
	readonly oomKilled: boolean;
	/** RFC 3339 with nanoseconds. */
	readonly startedAt: string;
	readonly finishedAt: string;
	/** What ended it, when it was not its first process: a machine that died. For the user to read. */
	readonly error?: string;
	/** The supervisor vanished without a record; `exitCode` is then 137. */
	readonly lost?: boolean;
}

export type LinuxResources = NonNullable<NonNullable<RuntimeSpec["linux"]>["resources"]>;

/** Readings of one moment; counters since the start of the task. */
export interface TaskStats {
	readonly readAt: Date;
	readonly cpu: {
		readonly totalNanos: number;
		readonly userNanos: number;
		readonly systemNanos: number;
		readonly perCpuNanos: readonly number[];
		readonly throttling: {
			readonly periods: number;
			readonly throttledPeriods: number;
			readonly throttledNanos: number;
		};
	};
	readonly memory: {
		readonly usageBytes: number;
		readonly maxUsageBytes: number;
		readonly limitBytes: number;
		readonly failCount: number;
		/** The kernel's `memory.stat`, keys as they stand. */
		readonly stat: Readonly<Record<string, number>>;
	};
	readonly pids: { readonly current: number; readonly limit: number };
	readonly blkio: readonly {
		readonly major: number;
		readonly minor: number;
		readonly op: string;
		readonly bytes: number;
		readonly ios: number;
	}[];
	/** Interfaces inside the sandbox, `lo` left out. */
	readonly networks: Readonly<Record<string, InterfaceCounters>>;
	readonly cgroupVersion: 1 | 2;
}

/** One process inside of a machine, ids as they are there. */
export interface GuestProcess {
	readonly pid: number;
	readonly parentPid: number;
	readonly uid: number;
	/** `?` without one. */
	readonly tty: string;
	readonly startedAtMs: number;
	readonly cpuMs: number;
	readonly residentBytes: number;
	/** As `ps` prints it: `S`, `R`, … */
	readonly state: string;
	readonly command: string;
}

export interface InterfaceCounters {
	readonly rxBytes: number;
	readonly rxPackets: number;
	readonly rxErrors: number;
	readonly rxDropped: number;
	readonly txBytes: number;
	readonly txPackets: number;
	readonly txErrors: number;
	readonly txDropped: number;
}
