import type { UserNamespace } from "../../runtime/index.ts";
import type { TreeOwners } from "../../store/index.ts";
import type { IdRanges } from "../../sys/index.ts";

/** The user namespace of a run, held until the run has started. */
export interface Identity extends Disposable {
	readonly namespace: UserNamespace;
	readonly ids: IdRanges;
	readonly owners: TreeOwners;
}
