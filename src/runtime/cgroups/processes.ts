import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../lib/index.ts";
import type { Cgroup } from "./locate.ts";
import { readValue } from "./values.ts";

/** Controllers in the order of how surely a runtime made the container's group there. */
const controllers = ["pids", "freezer", "memory", "devices", "cpu", "cpuacct", "name=systemd"];

/** Host process ids of everything in the group and in the groups below it, ascending. */
export function listProcesses(cgroup: Cgroup): number[] {
	const folder = controllers.map((name) => cgroup.folder(name)).find((found) => found !== undefined);
	if (folder === undefined) return [];
	return [...new Set(processesBelow(folder))].sort((a, b) => a - b);
}

/** Those of one folder and the folders in it; none when it is gone. */
export function processesBelow(folder: string): number[] {
	const own = (readValue(folder, "cgroup.procs") ?? "").split("\n").filter((line) => line !== "");
	const below = entriesOf(folder).filter((entry) => entry.isDirectory());
	return [...own.map(Number), ...below.flatMap((entry) => processesBelow(join(folder, entry.name)))];
}

function entriesOf(folder: string): Dirent[] {
	try {
		return readdirSync(folder, { withFileTypes: true });
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return [];
		throw error;
	}
}
