import type { CacheMounts } from "../cache/mounts.ts";
import type { BuildRequest } from "../contract.ts";
import type { BuilderOptions } from "../options.ts";
import type { Accounts } from "./accounts.ts";

/** What the execution of steps works with. */
export interface StepContext extends BuilderOptions {
	readonly accounts: Accounts;
	readonly cacheMounts: CacheMounts;
	readonly request: BuildRequest;
	/** `SOURCE_DATE_EPOCH`. */
	readonly latestTime: number | undefined;
}
