import type { HullChanges, HullChangesAnswer } from "../api/index.ts";

/** Containers, changed after they were made. */
export interface ChangesBackend {
	change(reference: string, changes: HullChanges): Promise<HullChangesAnswer>;
}
