import { abortable, EngineError } from "../../lib/index.ts";
import type { Process } from "../../oci/index.ts";
import type {
	Attachment,
	AttachOptions,
	Exec,
	ExecSpec,
	ExecState,
	ExitRecord,
	GuestProcess,
	LineChange,
	LinuxResources,
	MachineFiles,
	SaveOrder,
	Task,
	TaskLocation,
	TaskStats,
} from "../contract.ts";
import { openAttachment } from "./attachment.ts";
import type { Connection, RequestFields } from "./connection.ts";
import { exitRecordOf } from "./exit-record.ts";
import { numberOf } from "./fields.ts";
import { frameType } from "./frame.ts";
import { parseTaskState, type TaskState } from "./task-state.ts";

/** What a hull adds to the session: limits, readings, and how its errors and ends are told. */
export interface TaskHull {
	/** In the hull's words what the supervisor reported about a START or EXEC that failed. */
	startError(error: unknown, what: "create" | "exec", program: string): unknown;
	/** What a supervisor that vanished left on disk, or a record with `lost`. */
	lostExit(startedAt: string | undefined): Promise<ExitRecord>;
	/** Removes what a start that failed may have left in the kernel. */
	undoStart?(): Promise<void>;
	/** Removes `runDir` once the supervisor is gone. */
	remove(): Promise<void>;
	/** Asked for in one write with the START; an error is told in its place. */
	prepareStart?(): Promise<void>;
	/** What an EXEC says of its process. */
	execFields(process: Process): RequestFields;
	/** SIGKILL was asked for; what the hull does about one that nobody may be there to hear. */
	killed?(): Promise<void>;
	pause(pid: number): Promise<void>;
	resume(pid: number): Promise<void>;
	pids(pid: number): readonly number[];
	guestProcesses?(): Promise<readonly GuestProcess[]>;
	stats(pid: number): TaskStats | Promise<TaskStats>;
	/** Gives warnings. */
	update(pid: number, resources: LinuxResources): readonly string[] | Promise<readonly string[]>;
	mount(pid: number, tree: number, options: { target: string; readOnly: boolean }): Promise<void>;
	unmount(pid: number, target: string, options: { force: boolean }): Promise<void>;
	rootPath(pid: number): string | undefined;
	changeLines?(target: string, change: LineChange): Promise<void>;
	files?(): Promise<MachineFiles>;
	save?(order: SaveOrder): Promise<void>;
}

/** How long `delete` waits for a supervisor that has delivered everything to leave, before it is an error. */
const leaveMs = 30_000;
/** How long a client that somebody waits for may take nothing. */
const idleMs = 10_000;
const sigkill = 9;

/** A task behind the session protocol, whatever its hull. */
export class SupervisedTask implements Task {
	readonly location: TaskLocation;
	readonly #connection: Connection;
	readonly #hull: TaskHull;
	readonly #program: string;
	#pid: number | undefined;
	#startedAt: string | undefined;
	#exit: Promise<ExitRecord> | undefined;
	#ended = false;

	/** `state` is that of a supervisor found running; without it the task is new. */
	constructor(
		location: TaskLocation,
		connection: Connection,
		options: { readonly hull: TaskHull; readonly program: string; readonly state?: TaskState },
	) {
		this.location = location;
		this.#connection = connection;
		this.#hull = options.hull;
		this.#program = options.program;
		this.#pid = options.state?.pid;
		this.#startedAt = options.state?.startedAt;
		if (options.state !== undefined) this.#watchExit();
	}

	get id(): string {
		return this.location.id;
	}

	get pid(): number | undefined {
		return this.#pid;
	}

	async supervised(): Promise<void> {
		await this.#connection.supervisorPid();
	}

	async start(): Promise<{ readonly pid: number }> {
		// In one write with the START: an exit can then not be missed.
		this.#watchExit();
		const prepared = this.#hull.prepareStart?.();
		prepared?.catch(() => undefined);
		try {
			const starting = this.#connection.request(frameType.start);
			starting.catch(() => undefined);
			await prepared;
			const started = await starting;
			this.#pid = numberOf(started, "pid");
			return { pid: this.#pid };
		} catch (error) {
			const reason = this.#hull.startError(error, "create", this.#program);
			this.cutOff();
			await this.#hull.undoStart?.();
			await this.delete();
			throw reason;
		}
	}

	async attach(options: AttachOptions): Promise<Attachment> {
		const { attachment, opened } = openAttachment(this.#connection, frameType.attach, streamFields(options));
		await opened;
		return attachment;
	}

	async exec(spec: ExecSpec): Promise<Exec> {
		const terminal = spec.process.terminal === true;
		const size = spec.process.consoleSize;
		const wanted = spec.attach ?? { stdin: false, stdout: false, stderr: false };
		const { attachment, opened } = openAttachment(this.#connection, frameType.exec, [
			["exec", spec.id],
			...this.#hull.execFields(spec.process),
			["terminal", terminal],
			["columns", size?.width],
			["rows", size?.height],
			...streamFields(wanted),
		]);
		const exit = this.#waitForExec(spec.id);
		// Fails together with the start, which is told below; nobody may wait for it.
		exit.catch(() => undefined);
		try {
			const pid = numberOf(await opened, "pid");
			return this.#execHandle({ id: spec.id, pid, attachment: spec.attach && attachment, exit });
		} catch (error) {
			throw this.#hull.startError(error, "exec", spec.process.args[0] ?? "");
		}
	}

	async openExec(id: string): Promise<Exec | undefined> {
		const state = (await this.execs()).find((exec) => exec.id === id);
		if (state === undefined) return undefined;
		return this.#execHandle({ id, pid: state.pid, attachment: undefined, exit: this.#waitForExec(id) });
	}

	async execs(): Promise<readonly ExecState[]> {
		return (await this.#state()).execs;
	}

	async signal(signal: number): Promise<void> {
		const asked = this.#ask(frameType.signal, [["signal", signal]]);
		await Promise.all([asked, signal === sigkill ? this.#hull.killed?.() : undefined]);
	}

	async resize(columns: number, rows: number): Promise<void> {
		await this.#ask(frameType.resize, [
			["columns", columns],
			["rows", rows],
		]);
	}

	async pause(): Promise<void> {
		await this.#hull.pause(this.#livePid());
	}

	async resume(): Promise<void> {
		await this.#hull.resume(this.#livePid());
	}

	async pids(): Promise<readonly number[]> {
		return this.#hull.pids(this.#livePid());
	}

	guestProcesses(): Promise<readonly GuestProcess[]> | undefined {
		this.#livePid();
		return this.#hull.guestProcesses?.();
	}

	async stats(): Promise<TaskStats> {
		return await this.#hull.stats(this.#livePid());
	}

	async update(resources: LinuxResources): Promise<readonly string[]> {
		return await this.#hull.update(this.#livePid(), resources);
	}

	async mount(tree: number, options: { target: string; readOnly: boolean }): Promise<void> {
		await this.#hull.mount(this.#livePid(), tree, options);
	}

	async unmount(target: string, options: { force: boolean }): Promise<void> {
		await this.#hull.unmount(this.#livePid(), target, options);
	}

	rootPath(): string | undefined {
		return this.#pid === undefined || this.#ended ? undefined : this.#hull.rootPath(this.#pid);
	}

	changeLines(target: string, change: LineChange): Promise<void> | undefined {
		this.#livePid();
		return this.#hull.changeLines?.(target, change);
	}

	files(): Promise<MachineFiles> | undefined {
		this.#livePid();
		return this.#hull.files?.();
	}

	save(order: SaveOrder): Promise<void> | undefined {
		this.#livePid();
		return this.#hull.save?.(order);
	}

	wait(): Promise<ExitRecord> {
		return this.#watchExit();
	}

	onOom(listener: () => void): void {
		this.#connection.onOom(listener);
	}

	async delete(): Promise<void> {
		this.#connection.end();
		await this.#connection.delivered;
		await abortable(this.#connection.closed, AbortSignal.timeout(leaveMs));
		await this.#hull.remove();
	}

	cutOff(): void {
		this.#connection.cutOff(idleMs);
	}

	close(): void {
		this.#connection.destroy();
	}

	#watchExit(): Promise<ExitRecord> {
		this.#exit ??= this.#awaitExit();
		return this.#exit;
	}

	async #awaitExit(): Promise<ExitRecord> {
		try {
			return exitRecordOf(await this.#connection.request(frameType.wait));
		} catch {
			return await this.#hull.lostExit(this.#startedAt);
		} finally {
			this.#ended = true;
		}
	}

	async #waitForExec(id: string): Promise<{ readonly exitCode: number }> {
		const fields = await this.#connection.request(frameType.wait, [["exec", id]]);
		return { exitCode: numberOf(fields, "exit-code") };
	}

	#execHandle(parts: {
		readonly id: string;
		readonly pid: number;
		readonly attachment: Attachment | undefined;
		readonly exit: Promise<{ readonly exitCode: number }>;
	}): Exec {
		const { id, pid, attachment, exit } = parts;
		exit.catch(() => {});
		return {
			id,
			pid,
			attachment,
			signal: async (signal) => {
				await this.#ask(frameType.signal, [
					["exec", id],
					["signal", signal],
				]);
			},
			resize: async (columns, rows) => {
				await this.#ask(frameType.resize, [
					["exec", id],
					["columns", columns],
					["rows", rows],
				]);
			},
			wait: () => exit,
		};
	}

	async #state(): Promise<TaskState> {
		return parseTaskState(await this.#connection.request(frameType.state));
	}

	async #ask(type: number, fields: readonly (readonly [string, string | number])[]): Promise<void> {
		await this.#connection.request(type, fields);
	}

	#livePid(): number {
		if (this.#pid === undefined || this.#ended)
			throw new EngineError("not_found", `container ${this.id} is not running`);
		return this.#pid;
	}
}

function streamFields(options: AttachOptions): [string, boolean][] {
	return [
		["stdin", options.stdin],
		["stdout", options.stdout],
		["stderr", options.stderr],
	];
}
