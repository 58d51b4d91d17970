/** Statuses of calls: codes (gRPC core concepts, status codes), errors, and the trailers that carry them. */
import { EngineError, type ErrorCode, isEngineError } from "../../lib/index.ts";
import { Status } from "../proto/types.ts";

export const statusCodes = {
	ok: 0,
	cancelled: 1,
	unknown: 2,
	invalidArgument: 3,
	deadlineExceeded: 4,
	notFound: 5,
	alreadyExists: 6,
	permissionDenied: 7,
	resourceExhausted: 8,
	failedPrecondition: 9,
	unimplemented: 12,
	internal: 13,
	unavailable: 14,
	dataLoss: 15,
	unauthenticated: 16,
} as const;

/** Typed details that a client may know what to do with. */
export interface ErrorDetail {
	readonly typeUrl: string;
	readonly value: Uint8Array;
}

/** How a call failed: what we answer, or what the other side answered us. */
export class GrpcError extends Error {
	readonly code: number;
	readonly details: readonly ErrorDetail[];
	constructor(
		code: number,
		message: string,
		options: { readonly details?: readonly ErrorDetail[]; readonly cause?: unknown } = {},
	) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.name = "GrpcError";
		this.code = code;
		this.details = options.details ?? [];
	}
}

const codeOfError: Readonly<Record<ErrorCode, number>> = {
	invalid_argument: statusCodes.invalidArgument,
	unauthorized: statusCodes.unauthenticated,
	forbidden: statusCodes.permissionDenied,
	not_found: statusCodes.notFound,
	conflict: statusCodes.alreadyExists,
	not_modified: statusCodes.failedPrecondition,
	not_implemented: statusCodes.unimplemented,
	unavailable: statusCodes.unavailable,
	too_large: statusCodes.resourceExhausted,
	no_space: statusCodes.resourceExhausted,
	read_only: statusCodes.failedPrecondition,
	corrupt: statusCodes.dataLoss,
	cancelled: statusCodes.cancelled,
	timed_out: statusCodes.deadlineExceeded,
	command_not_found: statusCodes.notFound,
	command_not_executable: statusCodes.failedPrecondition,
	runtime_failed: statusCodes.unknown,
};

/** Any error as the status of a call. What is a bug says no more than that. */
export function toGrpcError(error: unknown): GrpcError {
	if (error instanceof GrpcError) return error;
	if (isEngineError(error)) return new GrpcError(codeOfError[error.code], error.message, { cause: error });
	return new GrpcError(statusCodes.internal, "internal error", { cause: error });
}

/** The other side's failure as an error of the engine, `what` in front. */
export function toEngineError(error: unknown, what: string): unknown {
	if (!(error instanceof GrpcError)) return error;
	const known = Object.entries(codeOfError).find(([, code]) => code === error.code)?.[0] as
		| ErrorCode
		| undefined;
	return new EngineError(known ?? "unavailable", `${what}: ${error.message}`, { cause: error });
}

export function statusTrailers(error: GrpcError | undefined): Record<string, string> {
	if (error === undefined) return { "grpc-status": "0" };
	const trailers: Record<string, string> = {
		"grpc-status": String(error.code),
		"grpc-message": percentEncode(error.message.slice(0, 4096)),
	};
	if (error.details.length > 0) {
		const { code, message, details } = error;
		trailers["grpc-status-details-bin"] = Buffer.from(Status.encode({ code, message, details })).toString(
			"base64",
		);
	}
	return trailers;
}

/** `undefined` when the call succeeded. */
export function errorOfTrailers(trailers: Readonly<Record<string, unknown>>): GrpcError | undefined {
	const text = trailers["grpc-status"];
	if (text === undefined) return new GrpcError(statusCodes.unknown, "the call ended without a status");
	const code = /^\d{1,3}$/.test(String(text)) ? Number(text) : statusCodes.unknown;
	return code === 0 ? undefined : new GrpcError(code, percentDecode(String(trailers["grpc-message"] ?? "")));
}

/** Percent-encoding of messages (gRPC over HTTP2, Status-Message). */
function percentEncode(text: string): string {
	return [...Buffer.from(text, "utf8")]
		.map((byte) =>
			byte >= 0x20 && byte <= 0x7e && byte !== 0x25
				? String.fromCharCode(byte)
				: `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
		)
		.join("");
}

function percentDecode(text: string): string {
	try {
		return decodeURIComponent(text.slice(0, 64 * 1024));
	} catch {
		return text.slice(0, 64 * 1024);
	}
}
