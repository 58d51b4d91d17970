import type { Reference } from "../oci/index.ts";
import type { Repository } from "../registry/index.ts";
import type { Lease } from "../store/index.ts";
import type { PullOptions } from "./contract.ts";

/** What the parts of one pull share. */
export interface Pulling {
	readonly reference: Reference;
	readonly repository: Repository;
	readonly options: PullOptions;
	readonly lease: Lease;
	/** Ends all parts of the pull when one failed. */
	readonly stop: AbortController;
	readonly signal: AbortSignal;
}
