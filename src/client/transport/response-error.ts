import { EngineError, type ErrorCode } from "../../lib/index.ts";

/** What the engine answered instead of a result: its own text and the status that it came with. */
export class ResponseError extends EngineError {
	readonly status: number;

	constructor(status: number, message: string) {
		super(codeOf(status), message);
		this.name = "ResponseError";
		this.status = status;
	}
}

const codes: Readonly<Record<number, ErrorCode>> = {
	304: "not_modified",
	400: "invalid_argument",
	401: "unauthorized",
	403: "forbidden",
	404: "not_found",
	409: "conflict",
	413: "too_large",
	501: "not_implemented",
	503: "unavailable",
	507: "no_space",
};

function codeOf(status: number): ErrorCode {
	return codes[status] ?? (status < 500 ? "invalid_argument" : "runtime_failed");
}

/** The message of an error body: `{"message": "…"}`, or whatever text a proxy in between sent. */
export function messageOf(status: number, body: string): string {
	try {
		const parsed = JSON.parse(body) as { message?: unknown };
		if (typeof parsed.message === "string" && parsed.message !== "") return parsed.message;
	} catch {
		// Not JSON: the text itself is all there is to say.
	}
	const text = body.trim();
	return text === "" ? `the engine answered status ${status} without a message` : text;
}
