import { spawn } from "node:child_process";

/** A process that has nothing more to do with this one. */
export interface DetachedProcess {
	readonly pid: number;
	/** Resolves when it has ended, with how; never keeps this process alive. */
	readonly ended: Promise<string>;
}

/**
 * Starts a program in a session of its own, in `/`, with its output appended to an open file: it outlives this
 * process and its terminal. `argv0` is the name that it sees itself called by.
 */
export function spawnDetached(
	command: readonly [file: string, ...args: string[]],
	options: { argv0: string; outputFd: number },
): DetachedProcess {
	const [file, ...args] = command;
	const child = spawn(file, args, {
		argv0: options.argv0,
		cwd: "/",
		detached: true,
		stdio: ["ignore", options.outputFd, options.outputFd],
	});
	child.unref();
	const ended = new Promise<string>((resolve) => {
		child.once("error", (error) => resolve(error.message));
		child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
	});
	return { pid: child.pid ?? -1, ended };
}
