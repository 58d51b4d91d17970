import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { delay, EngineError, errnoOf } from "../../lib/index.ts";
import { thawGroup } from "./freezer.ts";
import type { Cgroup } from "./locate.ts";
import { processesBelow } from "./processes.ts";

const deadlineMs = 5_000;

/**
 * Kills everything in the group, then removes it and the groups below it. Nothing to do when it is gone. Errors:
 * `timed_out` after 5 s, naming what did not die.
 */
export async function removeGroup(cgroup: Cgroup): Promise<void> {
	const end = Date.now() + deadlineMs;
	for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 50)) {
		const left = [...new Set(cgroup.folders.flatMap(processesBelow))];
		for (const pid of left) killProcess(pid);
		if (left.length > 0) thawIfThere(cgroup);
		if (cgroup.folders.map(removeFolder).every((gone) => gone)) return;
		if (Date.now() > end)
			throw new EngineError(
				"timed_out",
				`control group ${cgroup.folders[0]} could not be removed: processes ${left.join(", ")} do not die`,
			);
		await delay(waitMs);
	}
}

function killProcess(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch (error) {
		if (errnoOf(error) !== "ESRCH") throw error;
	}
}

/** What stands still dies only when it runs again. */
function thawIfThere(cgroup: Cgroup): void {
	try {
		thawGroup(cgroup);
	} catch {
		// It is gone by now, or the kernel has no freezer: then nothing stands still.
	}
}

/** False: something is in it still. */
function removeFolder(folder: string): boolean {
	try {
		for (const entry of readdirSync(folder, { withFileTypes: true }))
			if (entry.isDirectory() && !removeFolder(join(folder, entry.name))) return false;
		rmdirSync(folder);
		return true;
	} catch (error) {
		const errno = errnoOf(error);
		if (errno === "ENOENT") return true;
		if (errno === "EBUSY" || errno === "ENOTEMPTY") return false;
		throw error;
	}
}
