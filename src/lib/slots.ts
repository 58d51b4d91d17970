import { abortable } from "./abort.ts";

/** Lets a number of holders work at once; others wait in the order of asking. */
export class Slots {
	#free: number;
	readonly #waiting: (() => void)[] = [];

	constructor(count: number) {
		this.#free = count;
	}

	get isFull(): boolean {
		return this.#free === 0;
	}

	/** Waits for a slot, or rejects with `cancelled`. Disposing gives it back. */
	async acquire(signal?: AbortSignal): Promise<Disposable> {
		if (this.#free > 0) this.#free--;
		else await this.#wait(signal);
		return { [Symbol.dispose]: () => this.#release() };
	}

	async #wait(signal: AbortSignal | undefined): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#waiting.push(resolve);
		try {
			await abortable(promise, signal);
		} catch (error) {
			const index = this.#waiting.indexOf(resolve);
			// Handed over in the same moment: pass it on.
			if (index === -1) this.#release();
			else this.#waiting.splice(index, 1);
			throw error;
		}
	}

	#release(): void {
		const next = this.#waiting.shift();
		if (next === undefined) this.#free++;
		else next();
	}
}
