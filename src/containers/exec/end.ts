import type { Container, ContainerExec } from "../container.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { saveExec } from "./find.ts";

/** Follows a running exec to its end. */
export function watchExec(context: Context, container: Container, exec: ContainerExec): void {
	const running = exec.exec;
	if (running === undefined) return;
	running.wait().then(
		({ exitCode }) => endExec(context, container, { exec, exitCode }),
		// Its task ended without a word about it; `endExecs` notes that.
		() => undefined,
	);
}

/** At the end of a run nothing of it is left: what has not told its end was killed. */
export function endExecs(context: Context, container: Container): void {
	for (const exec of container.execs.values()) {
		if (exec.record.state.status === "running") endExec(context, container, { exec, exitCode: 137 });
	}
}

/** Notes the end of an exec, once. */
export function endExec(
	context: Context,
	container: Container,
	ended: { readonly exec: ContainerExec; readonly exitCode: number },
): void {
	const { exec, exitCode } = ended;
	const { state, id } = exec.record;
	if (context.shutdown.aborted || state.status !== "running") return;
	exec.exec = undefined;
	try {
		saveExec(context, exec, {
			...exec.record,
			state: { status: "exited", pid: state.pid, exitCode, endedAtMs: Date.now() },
		});
	} catch (error) {
		context.log.error("the end of an exec could not be saved", { exec: id, error });
	}
	publish(context, container, {
		action: "exec_die",
		attributes: { execID: id, exitCode: String(exitCode) },
	});
}
