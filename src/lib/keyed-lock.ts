import { abortable } from "./abort.ts";

/**
 * One lock per key. Holders of one key run one after another in the order of asking; other keys are not delayed.
 * A key costs nothing when nobody holds or awaits it.
 */
export class KeyedLock {
	readonly #tails = new Map<string, Promise<void>>();

	/**
	 * Waits for the key, or rejects with `cancelled` when the signal aborts first. The lock is let go by disposing the
	 * result (`using lock = await locks.acquire(id)`).
	 */
	async acquire(key: string, signal?: AbortSignal): Promise<Disposable> {
		const turn = this.#queue(key);
		try {
			return await abortable(turn, signal);
		} catch (error) {
			// Its turn will come all the same, and must pass on at once.
			void turn.then((lock) => lock[Symbol.dispose]());
			throw error;
		}
	}

	async #queue(key: string): Promise<Disposable> {
		const previous = this.#tails.get(key);
		const { promise, resolve } = Promise.withResolvers<void>();
		const tail = previous === undefined ? promise : previous.then(() => promise);
		this.#tails.set(key, tail);
		await previous;
		return {
			[Symbol.dispose]: () => {
				if (this.#tails.get(key) === tail) this.#tails.delete(key);
				resolve();
			},
		};
	}

	/** True while somebody holds or awaits the key. */
	isHeld(key: string): boolean {
		return this.#tails.has(key);
	}
}
