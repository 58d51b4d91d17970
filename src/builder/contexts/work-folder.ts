import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "../../lib/index.ts";

/** A folder that a build needs for a while. Disposing removes it. */
export interface WorkFolder extends AsyncDisposable {
	readonly path: string;
}

/** Below a folder of which the daemon keeps nothing over its restart: what a kill leaves is removed at boot. */
export async function makeWorkFolder(parent: string): Promise<WorkFolder> {
	await mkdir(parent, { recursive: true, mode: 0o700 });
	const path = await mkdtemp(join(parent, "work-"));
	return {
		path,
		[Symbol.asyncDispose]: () => removeTree(path),
	};
}
