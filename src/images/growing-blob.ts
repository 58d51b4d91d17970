import { closeSync, openSync } from "node:fs";
import { EngineError } from "../lib/index.ts";

/**
 * A blob on its way into the content store, for a reader that does not wait for its end. Every byte of it is foreign
 * until `state` is `stored`: what was made of it is thrown away otherwise.
 *
 * growing → whole (all bytes are there) → stored (size and digest are right); failed from everywhere.
 */
export class GrowingBlob implements Disposable {
	readonly #sizeBytes: number;
	#fd: number | undefined;
	#state: "growing" | "whole" | "stored" | "failed" = "growing";
	#change = Promise.withResolvers<void>();

	/** @param path where it is now; it may be renamed or deleted while it is read. */
	constructor(path: string, sizeBytes: number) {
		this.#sizeBytes = sizeBytes;
		this.#fd = openSync(path, "r");
	}

	/** Opens the same file, wherever it was moved, for as long as this is not disposed. */
	get path(): string {
		return `/proc/${process.pid}/fd/${this.#fd ?? "closed"}`;
	}

	get isStored(): boolean {
		return this.#state === "stored";
	}

	/** @param bytes so far. */
	advance(bytes: number): void {
		if (this.#state !== "growing") return;
		if (bytes >= this.#sizeBytes) this.#state = "whole";
		this.#wake();
	}

	settle(state: "stored" | "failed"): void {
		this.#state = state;
		this.#wake();
	}

	/** A turn for each growth, or for some together. Ends when all bytes are there; `cancelled` when they will not be. */
	async *growth(): AsyncGenerator<void, void, undefined> {
		while (this.#state === "growing") {
			await this.#change.promise;
			yield;
		}
		if (this.#state === "failed") throw new EngineError("cancelled", "the download failed");
	}

	[Symbol.dispose](): void {
		if (this.#fd !== undefined) closeSync(this.#fd);
		this.#fd = undefined;
	}

	#wake(): void {
		this.#change.resolve();
		this.#change = Promise.withResolvers();
	}
}
