import { EngineError, type ErrorCode } from "../lib/index.ts";
import { familiarName, familiarReference, type Reference } from "../oci/index.ts";
import { type HttpResponse, readBody } from "./http.ts";

/** The first error that a registry reported. https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
interface ReportedError {
	/** `MANIFEST_UNKNOWN`; empty when the body said nothing. */
	readonly code: string;
	readonly message: string;
}

const maxErrorBytes = 64 * 1024;

/** The error of an answer that is not a success, in the words that Docker has for it. */
export async function answerError(
	response: HttpResponse,
	{ reference, actions }: { reference: Reference; actions: "pull" | "pull,push" },
): Promise<EngineError> {
	const reported = await readReported(response);
	const cause = `${reported.code.toLowerCase().replaceAll("_", " ")}: ${reported.message}`;
	switch (reported.code) {
		case "MANIFEST_UNKNOWN":
			return new EngineError("not_found", `manifest for ${familiarReference(reference)} not found: ${cause}`);
		case "NAME_UNKNOWN":
			return new EngineError("not_found", `repository ${familiarName(reference)} not found: ${cause}`);
		case "DENIED":
			if (actions === "pull,push") return new EngineError("forbidden", cause);
			return new EngineError(
				"not_found",
				`pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login': ${cause}`,
			);
		default:
			return new EngineError(codeOf(response.status), cause);
	}
}

function codeOf(status: number): ErrorCode {
	if (status === 401) return "unauthorized";
	if (status === 403) return "forbidden";
	if (status === 404) return "not_found";
	return "unavailable";
}

async function readReported(response: HttpResponse): Promise<ReportedError> {
	const fallback = fallbackOf(response);
	try {
		const text = Buffer.from(await readBody(response, maxErrorBytes)).toString();
		const first = (JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] }).errors?.[0];
		if (typeof first?.code !== "string" || !/^[A-Z_]{1,64}$/.test(first.code)) return fallback;
		const message =
			typeof first.message === "string" && first.message !== "" ? first.message : fallback.message;
		return { code: first.code, message: printable(message) };
	} catch {
		// An answer without the error document (a proxy's page, HEAD) has only its status.
		return fallback;
	}
}

function fallbackOf({ status, url }: HttpResponse): ReportedError {
	if (status === 401) return { code: "UNAUTHORIZED", message: "authentication required" };
	if (status === 403) return { code: "DENIED", message: "requested access to the resource is denied" };
	if (status === 429) return { code: "TOOMANYREQUESTS", message: "too many requests" };
	return { code: "UNKNOWN", message: `unexpected status ${status} from ${url.origin}${url.pathname}` };
}

/** Foreign text ends in terminals: no control characters, no novels. */
function printable(text: string): string {
	return text.replace(/[\x00-\x1f\x7f-\x9f]/g, " ").slice(0, 1000);
}
