import { type ContainerState, exitCodeOf } from "../record/state.ts";
import { parseNanos } from "../timestamp.ts";

/** The status column of `ps`: `Up 5 minutes (Paused)`, `Exited (0) 2 hours ago`, `Created`. */
export function statusText(state: ContainerState, nowMs: number, health: string | undefined): string {
	const since = (time: string) => humanDuration(nowMs - Number(parseNanos(time) / 1_000_000n));
	switch (state.status) {
		case "created":
			return "Created";
		case "running":
			return `Up ${since(state.startedAt)}${healthText(health)}`;
		case "paused":
			return `Up ${since(state.startedAt)} (Paused)`;
		case "restarting":
			return `Restarting (${state.exit.exitCode}) ${since(state.exit.finishedAt)} ago`;
		case "exited":
			return `Exited (${exitCodeOf(state)}) ${since(state.exit.finishedAt)} ago`;
		case "removing":
			return "Removal In Progress";
		case "dead":
			return "Dead";
		default:
			return state satisfies never;
	}
}

function healthText(health: string | undefined): string {
	if (health === undefined || health === "none") return "";
	return health === "starting" ? " (health: starting)" : ` (${health})`;
}

/** Docker's rough durations (go-units HumanDuration). */
export function humanDuration(ms: number): string {
	const seconds = Math.trunc(ms / 1000);
	if (seconds < 1) return "Less than a second";
	if (seconds === 1) return "1 second";
	if (seconds < 60) return `${seconds} seconds`;
	const minutes = Math.trunc(seconds / 60);
	if (minutes === 1) return "About a minute";
	if (minutes < 60) return `${minutes} minutes`;
	const hours = Math.round(seconds / 3600);
	if (hours === 1) return "About an hour";
	if (hours < 48) return `${hours} hours`;
	if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
	if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
	if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
	return `${Math.trunc(hours / 24 / 365)} years`;
}
