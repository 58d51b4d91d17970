import { EngineError } from "../lib/index.ts";
import type { EngineEvent } from "./contract.ts";

/** One reader's queue between the publisher, who never waits, and the reader, who may be slow. */
export interface Subscription extends AsyncIterable<EngineEvent> {
	push(event: EngineEvent): void;
	/** No more events; what is queued is still read. */
	end(): void;
}

const maxUnread = 10_000;

/** `onEnd` is called once, when nothing more will be read or queued. */
export function createSubscription(history: readonly EngineEvent[], onEnd: () => void): Subscription {
	let queue: EngineEvent[] = [...history];
	let head = 0;
	let ended = false;
	let overflowed = false;
	let wake: (() => void) | undefined;

	const finish = () => {
		if (ended) return;
		ended = true;
		onEnd();
		wake?.();
	};

	const take = (): EngineEvent | undefined => {
		const event = queue[head];
		if (event === undefined) return undefined;
		head++;
		// Freed in one piece now and then: shifting an array is linear.
		if (head === queue.length || head > 1024) {
			queue = queue.slice(head);
			head = 0;
		}
		return event;
	};

	async function next(): Promise<IteratorResult<EngineEvent>> {
		while (true) {
			const event = take();
			if (event !== undefined) return { done: false, value: event };
			if (overflowed) {
				overflowed = false;
				throw new EngineError("too_large", `more than ${maxUnread} events were not read in time`);
			}
			if (ended) return { done: true, value: undefined };
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		}
	}

	return {
		push(event) {
			if (ended) return;
			if (queue.length - head >= maxUnread + history.length) {
				overflowed = true;
				finish();
				return;
			}
			queue.push(event);
			wake?.();
		},
		end: finish,
		[Symbol.asyncIterator]: () => ({
			next,
			return: async () => {
				queue = [];
				head = 0;
				finish();
				return { done: true, value: undefined };
			},
		}),
	};
}
