import { delay, EngineError, errnoOf } from "../lib/index.ts";
import type { HttpResponse } from "./http.ts";

export interface RetryPolicy {
	readonly attempts: number;
	/** Before the second attempt; doubles each time, with up to a half of it added at random. */
	readonly firstDelayMs: number;
	readonly maxDelayMs: number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 5, firstDelayMs: 200, maxDelayMs: 10_000 };

const temporaryErrnos = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "UND_ERR_SOCKET"]);
const temporaryStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** True for a failure that the next attempt may not meet: the connection broke, or nothing was heard. */
export function isTemporary(error: unknown): boolean {
	if (!(error instanceof EngineError)) return false;
	return error.code === "timed_out" || temporaryErrnos.has(errnoOf(error.cause) ?? "");
}

/** Sends until an answer is not temporary, or the attempts are used up: then the last answer or error stands. */
export async function withRetry(
	policy: RetryPolicy,
	signal: AbortSignal | undefined,
	attempt: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
	for (let tries = 1; ; tries++) {
		const last = tries >= policy.attempts;
		try {
			const response = await attempt();
			if (last || !temporaryStatuses.has(response.status)) return response;
			const wait = retryAfterMs(response.headers["retry-after"]) ?? backOffMs(policy, tries);
			response.discard();
			await delay(Math.min(wait, policy.maxDelayMs), signal);
		} catch (error) {
			if (last || !isTemporary(error)) throw error;
			await delay(backOffMs(policy, tries), signal);
		}
	}
}

export function backOffMs({ firstDelayMs, maxDelayMs }: RetryPolicy, tries: number): number {
	return Math.min(maxDelayMs, firstDelayMs * 2 ** (tries - 1)) * (1 + Math.random() / 2);
}

function retryAfterMs(header: string | undefined): number | undefined {
	if (header === undefined) return undefined;
	const seconds = Number(header);
	if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
	const date = Date.parse(header);
	return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
