import type { Publication } from "../networks/index.ts";
import type { Process } from "../oci/index.ts";
import type { Attachment, Exec, Task } from "../runtime/index.ts";
import type { ExecRecord } from "./exec/record.ts";
import type { HealthMonitor } from "./health/monitor.ts";
import type { ContainerRecord } from "./record/record.ts";

/** A container in memory: its record, and what is alive of it. */
export interface Container {
	readonly id: string;
	/** As last persisted. Replaced, never changed in place. */
	record: ContainerRecord;
	/** Its task, while one is alive. */
	run: Run | undefined;
	/** Its open ports on the host, while it runs and publishes some. */
	publication: Publication | undefined;
	/** Where they lead. */
	publishedOn: string | undefined;
	/** Attached clients that wait for the next task. */
	readonly joiners: Set<Joiner>;
	/** Told of each end of a run and of the removal. */
	readonly observers: Set<(moment: Moment) => void>;
	readonly execs: Map<string, ContainerExec>;
	/** Of the run that is or was last, when the container has a health check. */
	health: HealthMonitor | undefined;
	/** The last back-off of the restart policy, milliseconds; 0 after a run of 10 s. */
	backOffMs: number;
	/** Ends the wait for the next restart. */
	restartTimer: AbortController | undefined;
	/**
	 * A user asked for the end of this run: the restart policy is not asked. `restart`: nor is it removed when it ends.
	 */
	stopIntent: "stop" | "restart" | undefined;
	/** Done when nothing of the last run is left: supervisor, run folder. The next run waits for it. */
	leaving: Promise<void>;
	/** Has attached clients that take nothing of the last run's output hold up `leaving` no longer. */
	cutOff: (() => void) | undefined;
}

/** One run of a container. */
export interface Run {
	readonly task: Task;
	/** Resolves once the end is persisted, published and told to observers. */
	readonly ended: Promise<void>;
	readonly markEnded: () => void;
	/** What its execs take over; looked up again when an earlier daemon started it. */
	process: Process | undefined;
}

/** What observers are told. */
export type Moment =
	| { readonly kind: "ended"; readonly exitCode: number }
	| { readonly kind: "startFailed"; readonly exitCode: number; readonly error: string }
	| { readonly kind: "removed" };

/** A client that attached before the task is there. */
export interface Joiner {
	readonly stdin: boolean;
	readonly stdout: boolean;
	readonly stderr: boolean;
	join(attachment: Attachment): void;
	/** The start failed or the container was removed. */
	abandon(): void;
}

export interface ContainerExec {
	record: ExecRecord;
	/** While it runs. */
	exec: Exec | undefined;
}

export function createContainer(record: ContainerRecord): Container {
	return {
		id: record.id,
		record,
		run: undefined,
		publication: undefined,
		publishedOn: undefined,
		joiners: new Set(),
		observers: new Set(),
		execs: new Map(),
		health: undefined,
		backOffMs: 0,
		restartTimer: undefined,
		stopIntent: undefined,
		leaving: Promise.resolve(),
		cutOff: undefined,
	};
}

/** Tells everyone who waits; a listener may take itself off while being told. */
export function tell(container: Container, moment: Moment): void {
	for (const observer of [...container.observers]) observer(moment);
}
