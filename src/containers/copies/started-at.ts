import type { ContainerRecord } from "../record/record.ts";

/** Of a container that runs. */
export function startedAtOf({ state, name }: ContainerRecord): string {
	if (state.status === "running" || state.status === "paused") return state.startedAt;
	throw new Error(`container ${name} does not run`);
}
