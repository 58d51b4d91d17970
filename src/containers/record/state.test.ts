import { describe, expect, test } from "bun:test";
import { type ContainerState, type Exit, exitCodeOf, type StateChange, transition } from "./state.ts";

const exit: Exit = {
	exitCode: 3,
	oomKilled: false,
	startedAt: "2026-01-01T00:00:00Z",
	finishedAt: "2026-01-01T00:00:01Z",
	error: "",
};
const running: ContainerState = { status: "running", pid: 7, startedAt: exit.startedAt };
const paused: ContainerState = { ...running, status: "paused" };
const states: ContainerState[] = [
	{ status: "created" },
	running,
	paused,
	{ status: "restarting", exit, delayMs: 100 },
	{ status: "exited", exit },
	{ status: "removing", exit, volumes: false },
	{ status: "dead", exit, error: "busy" },
];
const changes: StateChange[] = [
	{ kind: "started", pid: 9, startedAt: "2026-01-02T00:00:00Z" },
	{ kind: "startFailed", failure: { exitCode: 127, error: "no such file" } },
	{ kind: "paused" },
	{ kind: "unpaused" },
	{ kind: "ended", exit },
	{ kind: "restartCancelled" },
	{ kind: "removalStarted", volumes: false },
	{ kind: "removalFailed", error: "busy" },
];
const allowed: Record<ContainerState["status"], StateChange["kind"][]> = {
	created: ["started", "startFailed", "removalStarted"],
	running: ["paused", "ended"],
	paused: ["unpaused", "ended"],
	restarting: ["started", "startFailed", "restartCancelled", "removalStarted"],
	exited: ["started", "startFailed", "removalStarted"],
	removing: ["removalStarted", "removalFailed"],
	dead: ["removalStarted"],
};

describe("every pair of state and change", () => {
	for (const state of states) {
		for (const change of changes) {
			const possible = allowed[state.status].includes(change.kind);
			test(`${state.status} ${change.kind}: ${possible ? "possible" : "a bug"}`, () => {
				if (possible) expect(transition(state, change).status).toBeString();
				else expect(() => transition(state, change)).toThrow(/cannot be/);
			});
		}
	}
});

test("a run ends as exited, or as restarting when the policy brings it back", () => {
	expect(transition(paused, { kind: "ended", exit })).toEqual({ status: "exited", exit });
	expect(transition(running, { kind: "ended", exit, restartInMs: 200 })).toEqual({
		status: "restarting",
		exit,
		delayMs: 200,
	});
});

test("a container that never ran stays created after a failed start, with Docker's exit code", () => {
	const after = transition({ status: "created" }, changes[1]!);
	expect(after.status).toBe("created");
	expect(exitCodeOf(after)).toBe(127);
});

test("a failed restart keeps when the last run was", () => {
	expect(transition({ status: "exited", exit }, changes[1]!)).toEqual({
		status: "exited",
		exit: { ...exit, exitCode: 127, error: "no such file" },
	});
});
