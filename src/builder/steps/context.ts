import type { CacheMounts } from "../cache/mounts.ts";
import type { BuildRequest } from "../contract.ts";
import type { BuilderOptions } from "../options.ts";
import type { Accounts } from "./accounts.ts";

/** What the execution of steps works with. */
export interface StepContext extends BuilderOptions {
	readonly accounts: Accounts;
	readonly cacheMounts: CacheMounts;
	readonly request: BuildRequest;
	/** First content of a cache mount that is new here, if an imported cache has some. Never fails. */
	fillMount(id: string): ((folder: string, signal: AbortSignal) => Promise<void>) | undefined;
	/** `SOURCE_DATE_EPOCH`. */
	readonly latestTime: number | undefined;
}
