import type { HullBuildEvent } from "../../../../client/index.ts";

/** Shows a build's events on stderr. */
export interface BuildDisplay {
	take(event: HullBuildEvent): void;
	/** The last picture stays; nothing is drawn any more. */
	end(): void;
}

export interface DisplayOptions {
	/** Say why steps were not found in the cache. */
	readonly explainCache: boolean;
	/** Bytes of the context that were sent. */
	readonly sent: { readonly bytes: number };
}
