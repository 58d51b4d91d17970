import type { Archive } from "../../archive/index.ts";
import type { KeyedLock, Logger } from "../../lib/index.ts";
import type { Metadata } from "../../store/index.ts";
import type { Volumes } from "../contract.ts";
import type { FolderMoves } from "../moves.ts";
import type { SnapshotDocuments } from "./records.ts";

export interface VolumeCopiesOptions {
	readonly metadata: Metadata;
	readonly volumes: Volumes;
	/** The same as the volumes'. */
	readonly root: string;
	readonly archive: Pick<Archive, "cloneTree" | "importTree" | "exportTree" | "packChanges">;
	readonly log: Logger;
	/** Tests give their own. */
	readonly now?: () => Date;
}

/** What the operations of this folder share. */
export interface CopiesContext extends VolumeCopiesOptions {
	readonly documents: SnapshotDocuments;
	readonly moves: FolderMoves;
	/** By volume: one copies at a time. */
	readonly locks: KeyedLock;
	readonly now: () => Date;
}
