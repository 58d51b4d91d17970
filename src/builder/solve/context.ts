import type { Slots } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { Lease } from "../../store/index.ts";
import type { Cache } from "../cache/cache.ts";
import type { CacheRecord } from "../cache/record.ts";
import type { BuildContext, BuildEvents } from "../contract.ts";
import type { HistoryResult } from "../portable/image-history.ts";
import type { Imports } from "../portable/imports.ts";
import type { StepContext } from "../steps/context.ts";
import type { StepResult } from "../steps/result.ts";
import type { FoundBase } from "./find-base.ts";
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
	/** Base images by their ids. */
	readonly bases: ReadonlyMap<string, FoundBase>;
	/** Trees that this build copies from, by chainId; the build gives them back. */
	readonly trees: Map<Digest, Promise<BuildContext>>;
	readonly events: BuildEvents;
	/** Results of other engines. */
	readonly imports: Imports;
	/** What images say of their own steps, by definition. */
	readonly histories: ReadonlyMap<Digest, HistoryResult>;
	/** Results that this build came to or took, by key, for who exports them. */
	readonly used: Map<Digest, UsedResult>;
	/** Milliseconds since 1970. */
	readonly startedAt: number;
	/** What was made for an export alone, to be given up when the build has ended. */
	readonly toRelease: Digest[];
	/** Holds what the build needs until it has ended. */
	readonly lease: Lease;
}

/** A result of the cache, and where it came from. */
export interface UsedResult {
	readonly record: PortableRecord;
	/** It is not in the engine's own cache. */
	readonly isImported: boolean;
}

export type PortableRecord = Pick<
	CacheRecord,
	"key" | "description" | "parts" | "parent" | "layer" | "createdAt"
>;

export interface SolvedStep extends StepResult {
	/** Of the cache; `undefined` for a base. */
	readonly key: Digest | undefined;
	/** When its layer was made: RFC 3339. */
	readonly createdAt: string | undefined;
}
