import { EngineError } from "../../lib/index.ts";

/** Primary result codes that an operator can mend. https://www.sqlite.org/rescode.html */
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** Turns what an operator can mend (disk full, read-only, a damaged file) into an EngineError; others pass through. */
export function translateSqliteError(error: unknown, path: string): unknown {
	const extended = (error as { errcode?: unknown } | null)?.errcode;
	if (typeof extended !== "number") return error;
	const text = (error as Error).message;
	switch (extended & 0xff) {
		case SQLITE_FULL:
			return new EngineError("no_space", `${path}: no space left on device`, { cause: error });
		case SQLITE_READONLY:
			return new EngineError("read_only", `${path}: read-only file system`, { cause: error });
		case SQLITE_CORRUPT:
		case SQLITE_NOTADB:
			return new EngineError("corrupt", `${path}: ${text}`, { cause: error });
		case SQLITE_IOERR:
		case SQLITE_CANTOPEN:
			return new EngineError("unavailable", `${path}: ${text}`, { cause: error });
		default:
			return error;
	}
}
