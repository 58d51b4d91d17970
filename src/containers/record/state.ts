/**
 * What a container is doing, as one of the cases below, each with what is known in it. Docker's overlapping booleans
 * (`Running`, `Paused`, `Restarting`, …) are made from it where an answer is built.
 *
 * ```
 * created ──started──▶ running ◀──paused/unpaused──▶ paused
 *    ▲                  │  ▲                            │
 * startFailed         ended └──started── restarting ◀───┤ ended (with a delay)
 *                       ▼                    │          │
 *                     exited ◀──────cancelled┘◀──ended──┘
 * any but running ──removalStarted──▶ removing ──removalFailed──▶ dead
 * ```
 */
export type ContainerState =
	| { readonly status: "created"; readonly failure?: StartFailure }
	| { readonly status: "running"; readonly pid: number; readonly startedAt: string }
	| { readonly status: "paused"; readonly pid: number; readonly startedAt: string }
	| { readonly status: "restarting"; readonly exit: Exit; readonly delayMs: number }
	| { readonly status: "exited"; readonly exit: Exit }
	/** `volumes`: its anonymous volumes go with it; a boot that finishes the removal must know. */
	| { readonly status: "removing"; readonly exit: Exit | undefined; readonly volumes: boolean }
	| { readonly status: "dead"; readonly exit: Exit | undefined; readonly error: string };

export interface StartFailure {
	/** 125, 126, 127 or 128, as `docker run` gives it back. */
	readonly exitCode: number;
	readonly error: string;
}

/** How a container's last run ended. */
export interface Exit {
	readonly exitCode: number;
	readonly oomKilled: boolean;
	/** RFC 3339 with nanoseconds. */
	readonly startedAt: string;
	readonly finishedAt: string;
	/** Why it could not be started again, or what happened to its supervisor; empty otherwise. */
	readonly error: string;
}

export type StateChange =
	| { readonly kind: "started"; readonly pid: number; readonly startedAt: string }
	| { readonly kind: "startFailed"; readonly failure: StartFailure }
	| { readonly kind: "paused" }
	| { readonly kind: "unpaused" }
	/** `restartInMs` is set when the restart policy brings it back. */
	| { readonly kind: "ended"; readonly exit: Exit; readonly restartInMs?: number }
	| { readonly kind: "restartCancelled" }
	| { readonly kind: "removalStarted"; readonly volumes: boolean }
	| { readonly kind: "removalFailed"; readonly error: string };

/** The state after a change. A change that cannot happen in a state is a bug, not a user's error. */
export function transition(state: ContainerState, change: StateChange): ContainerState {
	switch (change.kind) {
		case "started":
			if (isAlive(state) || isGoing(state)) throw impossible(state, change);
			return { status: "running", pid: change.pid, startedAt: change.startedAt };
		case "startFailed":
			return afterFailedStart(state, change);
		case "paused":
			if (state.status !== "running") throw impossible(state, change);
			return { status: "paused", pid: state.pid, startedAt: state.startedAt };
		case "unpaused":
			if (state.status !== "paused") throw impossible(state, change);
			return { status: "running", pid: state.pid, startedAt: state.startedAt };
		case "ended":
			if (!isAlive(state)) throw impossible(state, change);
			if (change.restartInMs === undefined) return { status: "exited", exit: change.exit };
			return { status: "restarting", exit: change.exit, delayMs: change.restartInMs };
		case "restartCancelled":
			if (state.status !== "restarting") throw impossible(state, change);
			return { status: "exited", exit: state.exit };
		case "removalStarted":
			if (isAlive(state)) throw impossible(state, change);
			return { status: "removing", exit: exitOf(state), volumes: change.volumes };
		case "removalFailed":
			if (state.status !== "removing") throw impossible(state, change);
			return { status: "dead", exit: state.exit, error: change.error };
		default:
			return change satisfies never;
	}
}

/** True while processes of the container exist. */
export function isAlive(
	state: ContainerState,
): state is Extract<ContainerState, { status: "running" | "paused" }> {
	return state.status === "running" || state.status === "paused";
}

/** Docker's `Running`, which includes a container that its restart policy is about to bring back. */
export function countsAsRunning(state: ContainerState): boolean {
	return isAlive(state) || state.status === "restarting";
}

/** How the last run ended, if there was one and it is over. */
export function exitOf(state: ContainerState): Exit | undefined {
	switch (state.status) {
		case "created":
		case "running":
		case "paused":
			return undefined;
		case "restarting":
		case "exited":
		case "removing":
		case "dead":
			return state.exit;
		default:
			return state satisfies never;
	}
}

/** Docker's `ExitCode`: of the last run, of the failed start, or 0. */
export function exitCodeOf(state: ContainerState): number {
	if (state.status === "created") return state.failure?.exitCode ?? 0;
	return exitOf(state)?.exitCode ?? 0;
}

function isGoing(state: ContainerState): boolean {
	return state.status === "removing" || state.status === "dead";
}

function afterFailedStart(
	state: ContainerState,
	change: Extract<StateChange, { kind: "startFailed" }>,
): ContainerState {
	const { failure } = change;
	switch (state.status) {
		case "created":
			return { status: "created", failure };
		case "exited":
		case "restarting":
			return {
				status: "exited",
				exit: { ...state.exit, exitCode: failure.exitCode, oomKilled: false, error: failure.error },
			};
		case "running":
		case "paused":
		case "removing":
		case "dead":
			throw impossible(state, change);
		default:
			return state satisfies never;
	}
}

function impossible(state: ContainerState, change: StateChange): Error {
	return new Error(`a container that is ${state.status} cannot be ${change.kind}`);
}
