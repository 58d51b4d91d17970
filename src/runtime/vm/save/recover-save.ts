import { rmSync } from "node:fs";
import { join } from "node:path";
import type { TaskLocation } from "../../contract.ts";
import type { Connection } from "../../session/index.ts";
import type { VmContext } from "../context.ts";
import { clearLoader } from "./clear-loader.ts";
import { goOn } from "./go-on.ts";
import { isSaveMarked, unmarkSave } from "./save-mark.ts";

/**
 * Lets a machine go on whose save ended with the daemon that did it; nothing to do for others. One that does not go
 * on is reported and left: it can be killed, and the next daemon tries again. A user's pause is never taken back: a
 * machine is not paused while it is saved, nor saved while it is paused.
 */
export async function recoverSave(
	context: VmContext,
	location: TaskLocation,
	connection: Connection,
): Promise<void> {
	if (!isSaveMarked(location.runDir)) return;
	try {
		await clearLoader(context, location.id);
		rmSync(join(location.runDir, "migrate", "state"), { force: true });
		await goOn(location, connection);
		unmarkSave(location.runDir);
		context.log.info("a machine that was being saved goes on", { container: location.id });
	} catch (error) {
		context.log.error("a machine that was being saved does not go on", { container: location.id, error });
	}
}
