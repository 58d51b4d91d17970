import type { Logger } from "../../lib/index.ts";
import type { Metadata } from "../metadata/contract.ts";

export interface SnapshotOptions {
	/** The data root; the trees are below its `snapshots`. */
	readonly root: string;
	readonly metadata: Metadata;
	readonly log: Logger;
}
