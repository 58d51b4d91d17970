import type { RegistryRequest } from "./contract.ts";

/** The access log to whoever follows it. A follower that does not read misses lines. */
export interface RequestFeed {
	push(request: RegistryRequest): void;
	subscribe(signal: AbortSignal): AsyncIterable<RegistryRequest>;
	/** Ends all followers. */
	end(): void;
}

const maxUnread = 10_000;

export function createRequestFeed(): RequestFeed {
	const followers = new Set<{ queue: RegistryRequest[]; wake: () => void }>();
	let ended = false;

	async function* follow(signal: AbortSignal): AsyncGenerator<RegistryRequest> {
		const follower = { queue: [] as RegistryRequest[], wake: () => {} };
		const onAbort = () => follower.wake();
		followers.add(follower);
		signal.addEventListener("abort", onAbort);
		try {
			for (;;) {
				yield* follower.queue.splice(0);
				if (ended || signal.aborted) return;
				const { promise, resolve } = Promise.withResolvers<void>();
				follower.wake = resolve;
				if (follower.queue.length === 0) await promise;
			}
		} finally {
			signal.removeEventListener("abort", onAbort);
			followers.delete(follower);
		}
	}

	return {
		push(request) {
			for (const follower of followers) {
				if (follower.queue.length < maxUnread) follower.queue.push(request);
				follower.wake();
			}
		},
		subscribe: follow,
		end() {
			ended = true;
			for (const { wake } of followers) wake();
		},
	};
}
