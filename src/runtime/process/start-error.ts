import { EngineError, isEngineError } from "../../lib/index.ts";

/**
 * What an OCI runtime wrote to its log, as an error with the code that a client's exit code is taken from: 127 for
 * `command_not_found`, 126 for `command_not_executable`. crun and runc say the same in different words; the message
 * is runc's, which Docker's clients know.
 */
export function startError(error: unknown, what: "create" | "exec", program: string): unknown {
	if (!isEngineError(error, "runtime_failed")) return error;
	const text = messageOf(error.message);
	const quoted = JSON.stringify(program);
	if (isNotFound(text)) {
		const reason = program.includes("/")
			? `stat ${program}: no such file or directory`
			: "executable file not found in $PATH";
		return new EngineError("command_not_found", `exec: ${quoted}: ${reason}`, { cause: error });
	}
	if (isNotExecutable(text))
		return new EngineError("command_not_executable", `exec: ${quoted}: permission denied`, { cause: error });
	const plain = what === "exec" ? text.replace(/^exec failed: /, "") : text.replace(/^runc run failed: /, "");
	return new EngineError("runtime_failed", plain, { cause: error });
}

function isNotFound(text: string): boolean {
	if (/executable file `?.*`? ?not found in \$PATH/.test(text)) return true;
	return /exec: ".*": stat .*: no such file or directory/.test(text);
}

/** crun: `open executable: Permission denied`, for a folder `Operation not permitted`. */
function isNotExecutable(text: string): boolean {
	if (/^open executable: (Permission denied|Operation not permitted)/i.test(text)) return true;
	return /exec: ".*": (permission denied|is a directory)/.test(text);
}

/** The runtime's log is one JSON object a line; the last error counts. Anything else is taken as it stands. */
function messageOf(log: string): string {
	const lines = log.split("\n").filter((line) => line.trim() !== "");
	const messages = lines.map(parseLine).filter((message) => message !== undefined);
	return messages.at(-1) ?? log.trim();
}

function parseLine(line: string): string | undefined {
	try {
		const entry = JSON.parse(line) as { msg?: unknown; level?: unknown } | null;
		if (typeof entry?.msg !== "string") return undefined;
		return entry.level === "warning" || entry.level === "info" || entry.level === "debug"
			? undefined
			: entry.msg;
	} catch {
		return undefined;
	}
}
