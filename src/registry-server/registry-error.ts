import { isEngineError } from "../lib/index.ts";
import { answerToError } from "../server/index.ts";

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
export type RegistryErrorCode =
	| "BLOB_UNKNOWN"
	| "BLOB_UPLOAD_INVALID"
	| "BLOB_UPLOAD_UNKNOWN"
	| "DIGEST_INVALID"
	| "MANIFEST_BLOB_UNKNOWN"
	| "MANIFEST_INVALID"
	| "MANIFEST_UNKNOWN"
	| "NAME_INVALID"
	| "NAME_UNKNOWN"
	| "SIZE_INVALID"
	| "UNAUTHORIZED"
	| "DENIED"
	| "UNSUPPORTED"
	| "TOOMANYREQUESTS"
	| "UNKNOWN";

/** What a client of the registry is told. */
export class RegistryError extends Error {
	readonly status: number;
	readonly code: RegistryErrorCode;
	readonly headers: Readonly<Record<string, string>>;

	constructor(
		status: number,
		code: RegistryErrorCode,
		message: string,
		headers: Readonly<Record<string, string>> = {},
	) {
		super(message);
		this.name = "RegistryError";
		this.status = status;
		this.code = code;
		this.headers = headers;
	}
}

/** Errors of the rooms below, in a registry's words; `bug` for what is nobody's doing. */
export function toRegistryError(error: unknown): { error: RegistryError; bug: boolean } {
	if (error instanceof RegistryError) return { error, bug: false };
	const { status, message, bug } = answerToError(error);
	if (isEngineError(error, "corrupt"))
		return { error: new RegistryError(400, "MANIFEST_INVALID", message), bug };
	if (isEngineError(error, "forbidden")) return { error: new RegistryError(403, "DENIED", message), bug };
	if (isEngineError(error, "too_large"))
		return { error: new RegistryError(413, "SIZE_INVALID", message), bug };
	if (isEngineError(error, "not_implemented"))
		return { error: new RegistryError(400, "UNSUPPORTED", message), bug };
	return { error: new RegistryError(status, "UNKNOWN", message), bug };
}
