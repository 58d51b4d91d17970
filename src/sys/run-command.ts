import { errnoOf } from "../lib/index.ts";

export interface CommandResult {
	readonly exitCode: number;
	readonly stdout: string;
	readonly stderr: string;
}

/**
 * Runs a short program to its end and gives what it said; a failing exit code is a result, not an error. `undefined`
 * when there is no such program. For output that fits in memory.
 */
export async function runCommand(
	command: readonly string[],
	options: {
		readonly input?: string;
		readonly signal?: AbortSignal;
		/** Is told the process's id before it can do anything that the event loop hears of. */
		readonly started?: (pid: number) => void;
	} = {},
): Promise<CommandResult | undefined> {
	const child = start(command, options);
	if (child === undefined) return undefined;
	options.started?.(child.pid);
	const [stdout, stderr, exitCode] = await Promise.all([
		new Response(child.stdout).text(),
		new Response(child.stderr).text(),
		child.exited,
	]);
	return { exitCode, stdout, stderr };
}

function start(command: readonly string[], options: { input?: string; signal?: AbortSignal }) {
	try {
		return Bun.spawn([...command], {
			stdin: options.input === undefined ? "ignore" : Buffer.from(options.input),
			stdout: "pipe",
			stderr: "pipe",
			...(options.signal === undefined ? {} : { signal: options.signal }),
		});
	} catch (error) {
		if (errnoOf(error) === "ENOENT") return undefined;
		throw error;
	}
}
