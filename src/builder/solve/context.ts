import type { Slots } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { Lease } from "../../store/index.ts";
import type { Cache } from "../cache/cache.ts";
import type { BuildContext, BuildEvents } from "../contract.ts";
import type { StepContext } from "../steps/context.ts";
import type { StepResult } from "../steps/result.ts";
import type { SharedRuns } from "./shared-runs.ts";

/** What one build's solving works with. */
export interface SolveContext extends StepContext {
	readonly cache: Cache;
	readonly runs: SharedRuns<SolvedStep>;
	readonly slots: Slots;
	/** Digests of copies from trees that were read before. */
	readonly copyDigests: Map<string, Digest>;
	/** Main and named contexts, the main one under the empty name. */
	readonly contexts: ReadonlyMap<string, BuildContext>;
	/** Trees of base images by their ids. */
	readonly bases: ReadonlyMap<string, StepResult>;
	/** Trees that this build copies from, by chainId; the build gives them back. */
	readonly trees: Map<Digest, Promise<BuildContext>>;
	readonly events: BuildEvents;
	/** Holds what the build needs until it has ended. */
	readonly lease: Lease;
}

export interface SolvedStep extends StepResult {
	/** Of the cache; `undefined` for a base. */
	readonly key: Digest | undefined;
	/** When its layer was made: RFC 3339. */
	readonly createdAt: string | undefined;
}
