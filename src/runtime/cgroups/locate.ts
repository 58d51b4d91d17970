import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../lib/index.ts";
import type { CgroupLayout, Hierarchy } from "./layout.ts";

/** The folders of one container's control group. */
export interface Cgroup {
	readonly version: 1 | 2;
	/** v1: of that controller, `undefined` when it is not mounted. v2: the one folder, whatever the name. */
	folder(controller: string): string | undefined;
	/** All folders, each once. */
	readonly folders: readonly string[];
}

/**
 * Finds the group of a process. With the container's id, the group of that name above it: a container may have moved
 * its init into a group of its own making. Errors: `not_found` when the process is gone, or on its way: the kernel has
 * then taken it out of its groups.
 */
export function locateCgroup(
	pid: number,
	context: { readonly procRoot: string; readonly layout: CgroupLayout; readonly id?: string },
): Cgroup {
	const { layout, procRoot, id } = context;
	const paths = parseMembership(readMembership(procRoot, pid));
	const isIn = (path: string) => id === undefined || path.split("/").includes(id);
	if (![...paths.values()].some(isIn)) throw new EngineError("not_found", `process ${pid} is gone`);
	const folders = new Map<string, string>();
	for (const [controller, hierarchy] of layout.hierarchies) {
		const path = paths.get(controller);
		if (path !== undefined) folders.set(controller, folderOf(hierarchy, cutAfter(path, id)));
	}
	return {
		version: layout.version,
		folder: (controller) => folders.get(layout.version === 2 ? "" : controller),
		folders: [...new Set(folders.values())],
	};
}

/** The group of this path (as in `linux.cgroupsPath`, absolute), whether it is there or not. */
export function cgroupAt(path: string, layout: CgroupLayout): Cgroup {
	const folders = new Map<string, string>();
	for (const [controller, hierarchy] of layout.hierarchies)
		folders.set(controller, folderOf(hierarchy, path));
	return {
		version: layout.version,
		folder: (controller) => folders.get(layout.version === 2 ? "" : controller),
		folders: [...new Set(folders.values())],
	};
}

function readMembership(procRoot: string, pid: number): string {
	try {
		return readFileSync(join(procRoot, String(pid), "cgroup"), "utf8");
	} catch (cause) {
		throw new EngineError("not_found", `process ${pid} is gone`, { cause });
	}
}

/** Lines `4:memory:/hull/<id>`, `1:cpu,cpuacct:/…`, `0::/…` (v2). The path may hold colons. */
function parseMembership(text: string): Map<string, string> {
	const paths = new Map<string, string>();
	for (const line of text.split("\n")) {
		const match = /^\d+:([^:]*):(.*)$/.exec(line);
		if (match === null) continue;
		for (const controller of match[1]!.split(",")) paths.set(controller, match[2]!);
	}
	return paths;
}

function cutAfter(path: string, id: string | undefined): string {
	if (id === undefined) return path;
	const parts = path.split("/");
	const at = parts.indexOf(id);
	return at < 0 ? path : parts.slice(0, at + 1).join("/");
}

function folderOf({ mountpoint, root }: Hierarchy, path: string): string {
	const relative = root !== "/" && path.startsWith(root) ? path.slice(root.length) : path;
	return join(mountpoint, relative);
}
