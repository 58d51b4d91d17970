import type { HostConfig } from "../../api/index.ts";
import type { Exit } from "../record/state.ts";

export interface RestartQuestion {
	readonly policy: HostConfig["RestartPolicy"];
	readonly exit: Pick<Exit, "exitCode">;
	readonly ranMs: number;
	readonly restartCount: number;
	/** This run was ended by a user. */
	readonly stopRequested: boolean;
	/** It was ended because it was unhealthy, to be started again. */
	readonly unhealthy: boolean;
	/** The back-off before the run that ended; 0 for a run that a user started. */
	readonly backOffMs: number;
}

const firstBackOffMs = 100;
const longestBackOffMs = 60_000;
const settledAfterMs = 10_000;

/**
 * Whether the restart policy brings a container back, and after how long: 100 ms, doubled each time up to a minute,
 * from the beginning again after a run of 10 s. `undefined`: it stays as it is.
 */
export function decideRestart(question: RestartQuestion): number | undefined {
	const asked = question.unhealthy ? asUnhealthy(question) : question;
	if (question.stopRequested || !wantsRestart(asked)) return undefined;
	if (question.backOffMs === 0 || question.ranMs >= settledAfterMs) return firstBackOffMs;
	return Math.min(question.backOffMs * 2, longestBackOffMs);
}

/** A failure, however it took the signal; a container without a policy is started again as by `always`. */
function asUnhealthy({ policy, exit, restartCount }: RestartQuestion): Parameters<typeof wantsRestart>[0] {
	const hasPolicy = (policy?.Name ?? "") !== "" && policy?.Name !== "no";
	return {
		policy: hasPolicy ? policy : { Name: "always" },
		exit: { exitCode: exit.exitCode || 1 },
		restartCount,
	};
}

/** At the daemon's start: `always` brings back what a user stopped too, `unless-stopped` does not. */
export function wantsRestartAtBoot(question: {
	readonly policy: HostConfig["RestartPolicy"];
	readonly exit: Pick<Exit, "exitCode">;
	readonly restartCount: number;
	readonly stoppedByUser: boolean;
}): boolean {
	if (question.policy?.Name === "unless-stopped") return !question.stoppedByUser;
	if (question.policy?.Name === "on-failure" && question.stoppedByUser) return false;
	return wantsRestart(question);
}

function wantsRestart({
	policy,
	exit,
	restartCount,
}: Pick<RestartQuestion, "policy" | "exit" | "restartCount">): boolean {
	switch (policy?.Name) {
		case "always":
		case "unless-stopped":
			return true;
		case "on-failure": {
			const most = policy.MaximumRetryCount ?? 0;
			return exit.exitCode !== 0 && (most === 0 || restartCount < most);
		}
		default:
			return false;
	}
}
