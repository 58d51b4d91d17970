/**
 * Ends a command with a message and an exit code. Codes are Docker's: 125 the engine or the command line, 126 not
 * executable, 127 not found, otherwise 1.
 */
export class CommandFailure extends Error {
	readonly exitCode: number;
	/** Points to `--help` after the message, as `run` and `create` do. */
	readonly pointsToHelp: boolean;

	constructor(message: string, options: { exitCode?: number; pointsToHelp?: boolean; cause?: unknown } = {}) {
		super(message, { cause: options.cause });
		this.name = "CommandFailure";
		this.exitCode = options.exitCode ?? 1;
		this.pointsToHelp = options.pointsToHelp ?? false;
	}
}

/** The text of an error as users see it: what the engine answered is marked as such, as docker does. */
export function errorText(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (error.name === "ResponseError") return `Error response from daemon: ${error.message}`;
	return error.message;
}
