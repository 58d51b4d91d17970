import type { HullBuildEvent } from "../../../api/index.ts";

/** Events between a build and who reads its answer. Only exports wait for the reader; events are small. */
export class EventQueue {
	readonly #events: HullBuildEvent[] = [];
	#isOver = false;
	#arrived = Promise.withResolvers<void>();
	#drained = Promise.withResolvers<void>();

	push(event: HullBuildEvent): void {
		this.#events.push(event);
		this.#arrived.resolve();
	}

	/** Resolves when the reader has taken all, or will never. */
	async drained(signal: AbortSignal): Promise<void> {
		while (this.#events.length > 0 && !signal.aborted) {
			const wake = () => this.#drained.resolve();
			signal.addEventListener("abort", wake, { once: true });
			await this.#drained.promise;
			signal.removeEventListener("abort", wake);
		}
	}

	end(): void {
		this.#isOver = true;
		this.#arrived.resolve();
	}

	async *read(): AsyncGenerator<HullBuildEvent> {
		for (;;) {
			while (this.#events.length > 0) {
				yield this.#events.shift()!;
				if (this.#events.length > 0) continue;
				this.#drained.resolve();
				this.#drained = Promise.withResolvers();
			}
			if (this.#isOver) return;
			await this.#arrived.promise;
			this.#arrived = Promise.withResolvers();
		}
	}
}
