import { EngineError } from "./errors.ts";

/** Resolves after the time, or rejects with `cancelled` as soon as the signal aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	if (signal?.aborted) {
		reject(cancelled(signal));
		return promise;
	}
	const onAbort = () => {
		clearTimeout(timer);
		reject(cancelled(signal));
	};
	const timer = setTimeout(() => {
		signal?.removeEventListener("abort", onAbort);
		resolve();
	}, ms);
	signal?.addEventListener("abort", onAbort, { once: true });
	return promise;
}

/** Rejects with `cancelled` when the signal aborts first; the promise itself goes on unobserved. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
	if (signal === undefined) return promise;
	if (signal.aborted) throw cancelled(signal);
	const { promise: aborted, reject } = Promise.withResolvers<never>();
	const onAbort = () => reject(cancelled(signal));
	signal.addEventListener("abort", onAbort, { once: true });
	try {
		return await Promise.race([promise, aborted]);
	} finally {
		signal.removeEventListener("abort", onAbort);
	}
}

/** Rejects with `timed_out`, naming `what`, when the promise takes longer; it goes on unobserved. */
export async function inTime<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
	const { promise: late, reject } = Promise.withResolvers<never>();
	const timer = setTimeout(
		() => reject(new EngineError("timed_out", `${what} took longer than ${timeoutMs / 1000} s`)),
		timeoutMs,
	);
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

function cancelled(signal: AbortSignal | undefined): EngineError {
	const reason = signal?.reason;
	if (reason instanceof EngineError) return reason;
	return new EngineError("cancelled", "the request was cancelled", { cause: reason });
}
