import { delay, EngineError } from "../../lib/index.ts";
import type { Cgroup } from "./locate.ts";
import { readKeyed, readValue, writeValue } from "./values.ts";

const deadlineMs = 2_000;
const triesBeforeThaw = 8;

/**
 * Stops every process of the group and waits until the kernel says that it has. Errors: `timed_out` after 2 s (a
 * process in an uninterruptible wait); the group then runs on.
 */
export async function freezeGroup(cgroup: Cgroup, signal?: AbortSignal): Promise<void> {
	const end = Date.now() + deadlineMs;
	try {
		for (let tries = 1; ; tries++) {
			// v1 can stay at FREEZING when processes were born meanwhile; asking again takes them in.
			requestState(cgroup, true);
			if (isFrozen(cgroup)) return;
			if (Date.now() > end)
				throw new EngineError("timed_out", "the container could not be frozen within 2 s");
			// A process that waits for its child to exec, which stands still already, never stops: let both go on.
			if (tries % triesBeforeThaw === 0) requestState(cgroup, false);
			await delay(Math.min(tries, 20), signal);
		}
	} catch (error) {
		requestState(cgroup, false);
		throw error;
	}
}

/** Lets every process of the group run again. */
export function thawGroup(cgroup: Cgroup): void {
	requestState(cgroup, false);
}

/** True when all processes of the group stand still. */
export function isFrozen(cgroup: Cgroup): boolean {
	if (cgroup.version === 2) return readKeyed(cgroup.folder(""), "cgroup.events").get("frozen") === 1;
	return readValue(cgroup.folder("freezer"), "freezer.state") === "FROZEN";
}

function requestState(cgroup: Cgroup, frozen: boolean): void {
	if (cgroup.version === 2) writeValue(cgroup.folder(""), "cgroup.freeze", frozen ? "1" : "0");
	else writeValue(cgroup.folder("freezer"), "freezer.state", frozen ? "FROZEN" : "THAWED");
}
