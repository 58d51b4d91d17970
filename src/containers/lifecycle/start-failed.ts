import { isEngineError } from "../../lib/index.ts";
import { type Container, tell } from "../container.ts";
import type { Context } from "../context.ts";
import { changeState } from "../record/change.ts";
import type { StartFailure } from "../record/state.ts";
import { removeUnderLock } from "./destroy.ts";

/** Notes that a start failed, as Docker's inspect shows it, and removes the container if it is to be removed. */
export async function startFailed(context: Context, container: Container, error: unknown): Promise<void> {
	const failure = failureOf(error);
	try {
		changeState(context, container, { kind: "startFailed", failure });
	} catch (cause) {
		context.log.error("a failed start could not be saved", { container: container.id, error: cause });
	}
	for (const joiner of container.joiners) joiner.abandon();
	container.joiners.clear();
	tell(container, { kind: "startFailed", ...failure });
	if (container.record.hostConfig.AutoRemove) await removeUnderLock(context, container, { volumes: true });
}

function failureOf(error: unknown): StartFailure {
	const message = error instanceof Error ? error.message : String(error);
	if (isEngineError(error, "command_not_found")) return { exitCode: 127, error: message };
	if (isEngineError(error, "command_not_executable")) return { exitCode: 126, error: message };
	return { exitCode: 128, error: message };
}
