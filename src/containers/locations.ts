import { join } from "node:path";
import type { TaskLocation } from "../runtime/index.ts";

/** Where a container keeps its things, on disk and until the next reboot. */
export function taskLocation(
	roots: { readonly dataRoot: string; readonly runRoot: string },
	id: string,
): TaskLocation {
	return {
		id,
		stateDir: join(roots.dataRoot, "containers", id),
		runDir: join(roots.runRoot, "containers", id),
	};
}
