import { type Container, tell } from "../container.ts";
import type { Context } from "../context.ts";
import { changeState } from "../record/change.ts";
import { exitCodeOf } from "../record/state.ts";

/** Ends the wait for a restart; the caller holds the lock. False when the container was not waiting for one. */
export function cancelRestart(context: Context, container: Container): boolean {
	if (container.record.state.status !== "restarting") return false;
	container.restartTimer?.abort();
	changeState(context, container, { kind: "restartCancelled" }, { stoppedByUser: true });
	tell(container, {
		kind: "ended",
		exitCode: exitCodeOf(container.record.state),
	});
	return true;
}
