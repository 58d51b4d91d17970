import type { Logger } from "../lib/index.ts";
import { createClock } from "./clock.ts";
import type { EngineEvent, Events } from "./contract.ts";
import { openHistoryFile } from "./history-file.ts";
import { createSubscription, type Subscription } from "./subscription.ts";

export interface EventsOptions {
	/** `<data-root>/events.log`; its folder exists. */
	readonly path: string;
	readonly log: Logger;
	/** Events kept for `since`; 4,096 when not given. */
	readonly capacity?: number;
	/** Nanoseconds since 1970; tests give their own. */
	readonly wallNano?: () => bigint;
}

/** Events with a history that survives the daemon. `close` lets go of the file; subscribers end. */
export function createEvents(options: EventsOptions): Events & { close(): void } {
	const { path, log, capacity = 4096 } = options;
	const file = openHistoryFile({ path, capacity, log });
	let history = [...file.events];
	const now = createClock(history.at(-1)?.timeNano ?? 0n, options.wallNano);
	const subscriptions = new Set<Subscription>();

	return {
		publish(type, action, id, attributes = {}) {
			const event: EngineEvent = {
				type,
				action,
				actor: { id, attributes: { ...attributes } },
				timeNano: now(),
			};
			history.push(event);
			if (history.length >= capacity * 2) history = history.slice(-capacity);
			file.append(event);
			for (const subscription of subscriptions) subscription.push(event);
		},

		subscribe({ sinceNano, untilNano, signal }) {
			const isWithin = (event: EngineEvent) => untilNano === undefined || event.timeNano <= untilNano;
			const wantsPast = sinceNano !== undefined || untilNano !== undefined;
			const past = wantsPast
				? history.slice(-capacity).filter((event) => event.timeNano >= (sinceNano ?? 0n) && isWithin(event))
				: [];
			const cleanUp: (() => void)[] = [];
			const subscription = createSubscription(past, () => {
				subscriptions.delete(gated);
				for (const undo of cleanUp) undo();
			});
			// An event after `until` says that the time has come as surely as the clock does.
			const gated: Subscription = {
				...subscription,
				push: (event) => (isWithin(event) ? subscription.push(event) : subscription.end()),
			};
			subscriptions.add(gated);
			if (signal !== undefined) cleanUp.push(onAbort(signal, subscription.end));
			if (untilNano !== undefined) cleanUp.push(atTime(untilNano, subscription.end));
			return gated;
		},

		close() {
			for (const subscription of [...subscriptions]) subscription.end();
			file.close();
		},
	};
}

function onAbort(signal: AbortSignal, listener: () => void): () => void {
	// Not at once: the caller's clean-up is not registered yet.
	if (signal.aborted) queueMicrotask(listener);
	signal.addEventListener("abort", listener, { once: true });
	return () => signal.removeEventListener("abort", listener);
}

/** Timers take at most 2³¹ - 1 ms; a later time is waited for in steps. */
const longestTimerMs = 2_147_483_647;

function atTime(timeNano: bigint, listener: () => void): () => void {
	let timer: ReturnType<typeof setTimeout>;
	const arm = () => {
		const remainingMs = Number(timeNano / 1_000_000n) + 1 - Date.now();
		if (remainingMs > longestTimerMs) timer = setTimeout(arm, longestTimerMs);
		else timer = setTimeout(listener, Math.max(remainingMs, 0));
	};
	arm();
	return () => clearTimeout(timer);
}
