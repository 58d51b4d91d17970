import { EngineError, isEngineError } from "../../../lib/index.ts";
import type { Attachment, Task } from "../../../runtime/index.ts";
import type { Running } from "./running.ts";

/** Runs a task to its end and hands its output on. Kills it when the signal aborts. Gives the exit code. */
export async function followTask(
	task: Task,
	{ onOutput, signal }: Pick<Running, "onOutput" | "signal">,
): Promise<number> {
	const attachment = await task.attach({ stdin: false, stdout: true, stderr: true });
	const output = readOutput(attachment, onOutput);
	const kill = () => {
		task.signal(9).catch(() => undefined);
	};
	try {
		signal.throwIfAborted();
		await task.start();
		signal.addEventListener("abort", kill, { once: true });
		if (signal.aborted) kill();
		const exit = await task.wait();
		await output;
		signal.throwIfAborted();
		if (exit.oomKilled)
			throw new EngineError("runtime_failed", "the command was ended for lack of memory (--memory)");
		if (exit.lost) throw new EngineError("runtime_failed", "the supervisor of the command was lost");
		return exit.exitCode;
	} catch (error) {
		// Docker's exit codes for a command that is not there, or is none.
		if (isEngineError(error, "command_not_found")) return tell(onOutput, error, 127);
		if (isEngineError(error, "command_not_executable")) return tell(onOutput, error, 126);
		throw error;
	} finally {
		signal.removeEventListener("abort", kill);
		attachment.close();
	}
}

function tell(onOutput: Running["onOutput"], error: Error, exitCode: number): number {
	onOutput("stderr", Buffer.from(`${error.message}\n`));
	return exitCode;
}

async function readOutput(attachment: Attachment, onOutput: Running["onOutput"]): Promise<void> {
	try {
		for await (const { stream, data } of attachment.output) onOutput(stream, Uint8Array.from(data));
	} catch {
		// The task's own end says what happened.
	}
}
