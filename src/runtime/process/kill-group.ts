import { readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join, normalize, relative } from "node:path";
import { delay, EngineError, errnoOf } from "../../lib/index.ts";
import type { Cgroups } from "../cgroups/cgroups.ts";

/** The kernel takes some time to tear processes down, more on a busy machine. */
const deadlineMs = 5_000;

/**
 * Kills everything in a container's control group and removes it, in each hierarchy: what is left to do when nobody
 * knows the container any more. `path` is `linux.cgroupsPath`. Errors: `timed_out` when processes do not die.
 */
export async function killGroup(cgroups: Cgroups, path: string): Promise<void> {
	const folders = foldersOf(cgroups, path);
	const end = Date.now() + deadlineMs;
	for (;;) {
		const pids = folders.flatMap((folder) => groupsBelow(folder).flatMap(processesOf));
		for (const pid of new Set(pids)) kill(pid);
		if (pids.length === 0) break;
		if (Date.now() > end) throw new EngineError("timed_out", `processes of cgroup ${path} do not die`);
		await delay(10);
	}
	for (const folder of folders) for (const group of groupsBelow(folder).reverse()) removeGroup(group);
}

/** The root group, or one above what is mounted here, is nobody's to kill. */
function foldersOf(cgroups: Cgroups, path: string): string[] {
	const plain = normalize(path);
	if (!plain.startsWith("/") || plain === "/") return [];
	const folders = [...cgroups.layout.hierarchies.values()]
		.map(({ mountpoint, root }) => ({ mountpoint, below: relative(root, plain) }))
		.filter(({ below }) => below !== "" && !below.startsWith(".."))
		.map(({ mountpoint, below }) => join(mountpoint, below));
	return [...new Set(folders)];
}

/** The group and those below it, parents first. */
function groupsBelow(folder: string): string[] {
	try {
		const entries = readdirSync(folder, { withFileTypes: true });
		const children = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
		return [folder, ...children.flatMap(groupsBelow)];
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return [];
		throw error;
	}
}

function processesOf(folder: string): number[] {
	try {
		const text = readFileSync(join(folder, "cgroup.procs"), "latin1");
		return text.split("\n").filter(Boolean).map(Number);
	} catch (error) {
		if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENODEV") return [];
		throw error;
	}
}

function kill(pid: number): void {
	// 0 stands for a process that this namespace cannot name; kill(0) would be ourselves.
	if (pid <= 1) return;
	try {
		process.kill(pid, "SIGKILL");
	} catch (error) {
		if (errnoOf(error) !== "ESRCH") throw error;
	}
}

function removeGroup(folder: string): void {
	try {
		rmdirSync(folder);
	} catch (error) {
		if (errnoOf(error) !== "ENOENT") throw error;
	}
}
