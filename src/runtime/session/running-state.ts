import type { Connection } from "./connection.ts";
import { frameType } from "./frame.ts";
import { parseTaskState, type TaskState } from "./task-state.ts";

/**
 * What the supervisor of a task that runs says of it. `undefined` for one that was never started and, with its first
 * client gone, never will be; and for one that has ended, whose exit record is then on the disk. A supervisor that has
 * not left yet is the caller's to clean up: taken for a running task, its container would come back to life.
 * Errors: `unavailable` when it leaves meanwhile.
 */
export async function runningState(connection: Connection): Promise<TaskState | undefined> {
	const state = parseTaskState(await connection.request(frameType.state));
	if (state.status === "running") return state;
	// Answered once the record is written.
	if (state.status === "exited") await connection.request(frameType.wait);
	return undefined;
}
