import { humanDuration } from "../../api/index.ts";
import { parseNanos } from "../../api/syntax.ts";
import { type ContainerState, exitCodeOf } from "../record/state.ts";

/** The status column of `ps`: `Up 5 minutes (Paused)`, `Exited (0) 2 hours ago`, `Created`. */
export function statusText(state: ContainerState, nowMs: number, health: string | undefined): string {
	const since = (time: string) => humanDuration((nowMs - Number(parseNanos(time) / 1_000_000n)) / 1000);
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
