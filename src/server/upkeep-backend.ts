import type { HullCollection, HullPrunePlan } from "../api/index.ts";
import type { Filters } from "./filters.ts";

export interface UpkeepBackend {
	/** The limits that are not given are the configuration's. */
	collect(request: {
		readonly dryRun: boolean;
		readonly maxAge?: string | undefined;
		readonly highWater?: string | undefined;
		readonly lowWater?: string | undefined;
	}): Promise<HullCollection>;
	/** Kinds: `container`, `volume`, `image`. */
	prunePlan(kinds: readonly string[], filters: Filters): Promise<HullPrunePlan>;
}
