import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { translateSystemError } from "../../../lib/index.ts";

/**
 * A file beside a machine's sockets that says that it is being saved: it may stand, its file system frozen and its
 * layers away. It is there before anything of that is, and goes when the machine goes on and what saved it is gone.
 */
export function markSave(runDir: string): void {
	const path = pathOf(runDir);
	try {
		writeFileSync(path, "", { mode: 0o600 });
	} catch (error) {
		throw translateSystemError(error, path);
	}
}

export function isSaveMarked(runDir: string): boolean {
	return existsSync(pathOf(runDir));
}

export function unmarkSave(runDir: string): void {
	rmSync(pathOf(runDir), { force: true });
}

function pathOf(runDir: string): string {
	return join(runDir, "saving");
}
