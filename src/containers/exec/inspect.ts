import type { ExecInspectResponse } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { Context } from "../context.ts";
import { findExec } from "./find.ts";

/** An exec as Docker's inspect shows it. */
export function inspectExec(context: Context, id: string): ExecInspectResponse {
	const { container, exec } = findExec(context, id);
	const { record } = exec;
	const { state } = record;
	const [entrypoint = "", ...args] = record.args;
	return {
		ID: id,
		Running: state.status === "running",
		ExitCode: state.status === "exited" ? state.exitCode : null,
		ProcessConfig: {
			tty: record.tty,
			entrypoint,
			arguments: args,
			privileged: record.privileged,
			...(record.user === "" ? {} : { user: record.user }),
		},
		OpenStdin: record.attachStdin,
		OpenStderr: record.attachStderr,
		OpenStdout: record.attachStdout,
		CanRemove: state.status === "exited",
		ContainerID: container.id,
		DetachKeys: record.detachKeys,
		Pid: state.status === "created" ? 0 : state.pid,
	};
}

/** Sets the size of an exec's terminal. */
export async function resizeExec(
	context: Context,
	id: string,
	size: { readonly height: number; readonly width: number },
): Promise<void> {
	const { exec } = findExec(context, id);
	if (exec.exec === undefined) throw new EngineError("conflict", `exec ${id} is not running`);
	await exec.exec.resize(size.width, size.height);
}
