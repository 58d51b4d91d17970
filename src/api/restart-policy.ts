import { EngineError } from "../lib/index.ts";
import type { RestartPolicy } from "./schemas/host-config.ts";

/**
 * One `--restart` value, `name[:maximum-retries]`. What the name means is for the engine to check
 * ({@link validateRestartPolicy}). Errors: `invalid_argument` with docker/cli's texts.
 */
export function parseRestartPolicy(text: string): RestartPolicy {
	if (text === "") return {};
	const colon = text.indexOf(":");
	const name = colon < 0 ? text : text.slice(0, colon);
	const count = colon < 0 ? "" : text.slice(colon + 1);
	if (name === "") throw invalid("invalid restart policy format: no policy provided before colon");
	if (count !== "" && !isInteger(count))
		throw invalid("invalid restart policy format: maximum retry count must be an integer");
	return { Name: name, MaximumRetryCount: Number(count) };
}

export type RestartMode = "no" | "always" | "on-failure" | "unless-stopped";

/** A policy of a request, checked; `maximumRetryCount` 0 is no limit. Errors: `invalid_argument` with moby's texts. */
export function validateRestartPolicy(policy: RestartPolicy | undefined): {
	readonly mode: RestartMode;
	readonly maximumRetryCount: number;
} {
	const count = policy?.MaximumRetryCount ?? 0;
	switch (policy?.Name ?? "") {
		case "":
			return { mode: "no", maximumRetryCount: 0 };
		case "no":
		case "always":
		case "unless-stopped":
			if (count !== 0) throw invalid(retriesNotAllowed(count));
			return { mode: policy!.Name as RestartMode, maximumRetryCount: 0 };
		case "on-failure":
			if (count < 0) throw invalid("invalid restart policy: maximum retry count cannot be negative");
			return { mode: "on-failure", maximumRetryCount: count };
		default:
			throw invalid(
				`invalid restart policy: unknown policy '${policy!.Name}'; ` +
					"use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
			);
	}
}

function retriesNotAllowed(count: number): string {
	const message = "invalid restart policy: maximum retry count can only be used with 'on-failure'";
	return count < 0 ? `${message} and cannot be negative` : message;
}

function isInteger(text: string): boolean {
	return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text));
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
