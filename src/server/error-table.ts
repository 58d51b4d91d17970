import { EngineError, type ErrorCode, errnoOf, isEngineError } from "../lib/index.ts";

/** HTTP status of each error code, Docker's where it has one. `docs/errors.md` explains the codes. */
export const statusOf: Readonly<Record<ErrorCode, number>> = {
	invalid_argument: 400,
	unauthorized: 401,
	forbidden: 403,
	not_found: 404,
	conflict: 409,
	not_modified: 304,
	not_implemented: 501,
	unavailable: 503,
	too_large: 413,
	no_space: 507,
	read_only: 500,
	corrupt: 500,
	cancelled: 499,
	timed_out: 504,
	// dockerd takes a command that is not there for a bad request; its client makes exit code 127 or 126 of the text.
	command_not_found: 400,
	command_not_executable: 400,
	runtime_failed: 500,
};

export interface ErrorAnswer {
	readonly status: number;
	readonly message: string;
	/** Not the user's doing: to be logged. */
	readonly bug: boolean;
}

/** What a client is told of an error. A bug's message is told too: on a local socket the reader is its operator. */
export function answerToError(thrown: unknown): ErrorAnswer {
	const error = firstOf(thrown);
	if (isEngineError(error)) return { status: statusOf[error.code], message: error.message, bug: false };
	if (errnoOf(error) === "ENOSPC")
		return { status: statusOf.no_space, message: messageOf(error), bug: false };
	return { status: 500, message: messageOf(error), bug: true };
}

/** When a clean-up fails as well, what is thrown has no text of its own; what failed first is the reason. */
function firstOf(error: unknown): unknown {
	let first = error;
	while (first instanceof SuppressedError) first = first.suppressed;
	return first;
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** Docker's answer to a path, method or version that there is not. */
export function pageNotFound(): EngineError {
	return new EngineError("not_found", "page not found");
}
