import { readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { errnoOf } from "../../lib/index.ts";

/** What a later clean-up must know of a task. */
export interface RuntimeFile {
	/** Of the OCI runtime, absolute. */
	readonly path: string;
	/** Its `--root`, absolute. */
	readonly root: string;
	/** The control group's path, when the spec names an absolute one. */
	readonly cgroup: string | undefined;
}

/** In `runDir`: the three on a line each. */
const name = "runtime";

export function writeRuntimeFile(runDir: string, { path, root, cgroup }: RuntimeFile): void {
	writeFileSync(join(runDir, name), `${path}\n${root}\n${cgroup ?? ""}\n`);
}

/** `undefined` when there is none, or it is not whole. */
export function readRuntimeFile(runDir: string): RuntimeFile | undefined {
	try {
		const [path = "", root = "", cgroup = ""] = readFileSync(join(runDir, name), "utf8").split("\n");
		if (!isAbsolute(path) || !isAbsolute(root)) return undefined;
		return { path, root, cgroup: isGroupPath(cgroup) ? cgroup : undefined };
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}

/** Never a hierarchy's root, whose processes are everybody's. */
function isGroupPath(path: string): boolean {
	return isAbsolute(path) && /[^/.]/.test(path) && !path.split("/").includes("..");
}
