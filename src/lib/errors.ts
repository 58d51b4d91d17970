/**
 * What a user can cause is an {@link EngineError} with one of these codes; a bug stays a plain `Error`.
 * The list is closed: `docs/errors.md` explains each code and a test holds page and code equal.
 */
export const errorCodes = [
	"invalid_argument",
	"unauthorized",
	"forbidden",
	"not_found",
	"conflict",
	"not_modified",
	"not_implemented",
	"unavailable",
	"too_large",
	"no_space",
	"read_only",
	"corrupt",
	"cancelled",
	"timed_out",
	"command_not_found",
	"command_not_executable",
	"runtime_failed",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** An error whose cause is outside the engine's code. Messages: lower case, no full stop, with the object's name. */
export class EngineError extends Error {
	readonly code: ErrorCode;

	constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
		super(message, options);
		this.name = "EngineError";
		this.code = code;
	}
}

export function isEngineError(error: unknown, code?: ErrorCode): error is EngineError {
	return error instanceof EngineError && (code === undefined || error.code === code);
}

/** The `code` of a Node or system-call error (`ENOENT`, `EEXIST`, …), if it has one. */
export function errnoOf(error: unknown): string | undefined {
	const code = (error as { code?: unknown } | null | undefined)?.code;
	return typeof code === "string" ? code : undefined;
}

/** Turns the errnos that an operator can mend (disk full, read-only root) into EngineErrors; others pass through. */
export function translateSystemError(error: unknown, what: string): unknown {
	const errno = errnoOf(error);
	if (errno === "ENOSPC" || errno === "EDQUOT")
		return new EngineError("no_space", `${what}: no space left on device`, { cause: error });
	if (errno === "EROFS")
		return new EngineError("read_only", `${what}: read-only file system`, { cause: error });
	return error;
}
