import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { errnoOf } from "../../lib/index.ts";

/** In `runDir`: path and root of the OCI runtime that a task was started with, one per line, for a later clean-up. */
export const runtimeFile = "runtime";

export function readRuntimeFile(
	runDir: string,
): { readonly path: string; readonly root: string } | undefined {
	try {
		const [path = "", root = ""] = readFileSync(join(runDir, runtimeFile), "utf8").split("\n");
		return isAbsolute(path) && isAbsolute(root) ? { path, root } : undefined;
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}
