import { EngineError, isEngineError } from "../../lib/index.ts";

/**
 * An error of the OCI runtime in the words that Docker's clients look for: they take `docker run`'s exit code from
 * the text (`executable file not found`: 127, `permission denied`: 126).
 */
export function dockerStartError(error: unknown, program: string): unknown {
	if (!isEngineError(error)) return error;
	const prefix =
		"failed to create task for container: failed to create shim task: OCI runtime create failed: ";
	switch (error.code) {
		case "command_not_found": {
			const reason = program.includes("/")
				? `stat ${program}: no such file or directory`
				: "executable file not found in $PATH";
			const text = `${prefix}unable to start container process: exec: ${JSON.stringify(program)}: ${reason}: unknown`;
			return new EngineError(error.code, text, { cause: error });
		}
		case "command_not_executable": {
			const text = `${prefix}unable to start container process: exec: ${JSON.stringify(program)}: permission denied: unknown`;
			return new EngineError(error.code, text, { cause: error });
		}
		case "runtime_failed":
			return new EngineError(error.code, `${prefix}${error.message}: unknown`, { cause: error });
		default:
			return error;
	}
}
