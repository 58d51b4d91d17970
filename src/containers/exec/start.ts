import { EngineError, isEngineError } from "../../lib/index.ts";
import type { Exec } from "../../runtime/index.ts";
import type { Container, ContainerExec } from "../container.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import type { ContainerStreams } from "../streams/attach.ts";
import { clientStdin } from "../streams/terminal-stdin.ts";
import { assertCanExec, execText } from "./create.ts";
import { watchExec } from "./end.ts";
import { findExec, saveExec } from "./find.ts";
import { execProcess } from "./process.ts";
import type { ExecRecord } from "./record.ts";

export interface ExecStartRequest {
	readonly detach: boolean;
	readonly tty: boolean;
	readonly consoleSize?: readonly [height: number, width: number];
}

/**
 * Takes an exec, and gives the function that starts it: in between the client is told that its connection becomes
 * the streams. It must be called. The streams are `undefined` when the exec is detached. Errors of the start:
 * `command_not_found`, `command_not_executable`, `runtime_failed` with Docker's texts.
 */
export async function startExec(
	context: Context,
	id: string,
	request: ExecStartRequest,
): Promise<() => Promise<ContainerStreams | undefined>> {
	const { container, exec } = findExec(context, id);
	assertStartable(container, exec.record);
	// Taken at once, so that a second start finds it.
	exec.record = { ...exec.record, state: { status: "running", pid: 0 } };
	return () => runExec(context, container, { exec, request });
}

async function runExec(
	context: Context,
	container: Container,
	order: { readonly exec: ContainerExec; readonly request: ExecStartRequest },
): Promise<ContainerStreams | undefined> {
	const { exec, request } = order;
	const { id } = exec.record;
	let started: Exec;
	try {
		started = await startProcess(context, container, { record: exec.record, request });
	} catch (error) {
		noteFailure(context, exec, error);
		throw dockerExecError(error, exec.record.args[0]!);
	}
	exec.exec = started;
	saveExec(context, exec, { ...exec.record, state: { status: "running", pid: started.pid } });
	publish(context, container, { action: `exec_start: ${execText(exec.record)}`, attributes: { execID: id } });
	watchExec(context, container, exec);
	return streamsOf(context, container, { record: exec.record, started });
}

function assertStartable(container: Container, record: ExecRecord): void {
	assertCanExec(container, container.id);
	switch (record.state.status) {
		case "created":
			return;
		case "running":
			throw new EngineError("conflict", `exec command ${record.id} is already running`);
		case "exited":
			throw new EngineError("conflict", `exec command ${record.id} has already run`);
		default:
			record.state satisfies never;
	}
}

async function startProcess(
	context: Context,
	container: Container,
	order: { readonly record: ExecRecord; readonly request: ExecStartRequest },
): Promise<Exec> {
	const { record, request } = order;
	const task = container.run?.task;
	if (task === undefined) throw new EngineError("runtime_failed", `container ${container.id} is not running`);
	const consoleSize = request.consoleSize ?? record.consoleSize;
	const process = await execProcess(context, container, {
		...record,
		...(consoleSize === undefined ? {} : { consoleSize }),
	});
	const { attachStdin: stdin, attachStdout: stdout, attachStderr: stderr } = record;
	const isAttached = !request.detach && (stdin || stdout || stderr);
	return task.exec({ id: record.id, process, ...(isAttached ? { attach: { stdin, stdout, stderr } } : {}) });
}

/** Notes why it never ran: the exit code is 127 when the program is not there, else 126. */
function noteFailure(context: Context, exec: ContainerExec, error: unknown): void {
	const exitCode = isEngineError(error, "command_not_found") ? 127 : 126;
	saveExec(context, exec, {
		...exec.record,
		state: { status: "exited", pid: 0, exitCode, endedAtMs: Date.now() },
	});
}

/** Clients show the text and look for Docker's words in it. */
function dockerExecError(error: unknown, program: string): unknown {
	if (!isEngineError(error)) return error;
	// A user that is not there, a folder that is not absolute: found out when the client is attached already.
	if (error.code === "invalid_argument")
		return new EngineError("runtime_failed", error.message, { cause: error });
	const prefix = "OCI runtime exec failed: exec failed: unable to start container process";
	const quoted = JSON.stringify(program);
	switch (error.code) {
		case "command_not_found": {
			const reason = program.includes("/")
				? `stat ${program}: no such file or directory`
				: "executable file not found in $PATH";
			return new EngineError(error.code, `${prefix}: exec: ${quoted}: ${reason}: unknown`, { cause: error });
		}
		case "command_not_executable":
			return new EngineError(error.code, `${prefix}: exec: ${quoted}: permission denied: unknown`, {
				cause: error,
			});
		case "runtime_failed":
			return new EngineError(error.code, `OCI runtime exec failed: ${error.message}: unknown`, {
				cause: error,
			});
		default:
			return error;
	}
}

function streamsOf(
	context: Context,
	container: Container,
	order: { readonly record: ExecRecord; readonly started: Exec },
): ContainerStreams | undefined {
	const { record, started } = order;
	const { attachment } = started;
	if (attachment === undefined) return undefined;
	const close = () => attachment.close();
	if (!record.attachStdin) return { output: attachment.output, tty: record.tty, close };
	const stdin = clientStdin({
		attachment: Promise.resolve(attachment),
		tty: record.tty,
		closes: true,
		detachKeys: record.detachKeys,
		onDetach: () => {
			publish(context, container, { action: "exec_detach", attributes: { execID: record.id } });
			close();
		},
	});
	return { output: attachment.output, stdin, tty: record.tty, close };
}
