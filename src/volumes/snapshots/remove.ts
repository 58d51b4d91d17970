import { join } from "node:path";
import { failpoint, removeTree } from "../../lib/index.ts";
import { STAGING } from "../moves.ts";
import type { CopiesContext } from "./context.ts";
import type { VolumeSnapshot } from "./contract.ts";
import { findSnapshot, snapshotFolder } from "./records.ts";

/**
 * Crash windows: until the record goes the snapshot is whole; from then on its folder is on its way to what boot
 * deletes.
 */
export async function removeSnapshot(
	context: CopiesContext,
	volume: string,
	reference: string,
): Promise<void> {
	using _lock = await context.locks.acquire(volume);
	context.volumes.get(volume);
	await dropSnapshot(context, findSnapshot(context.documents, volume, reference));
}

/** The caller holds the volume's lock. */
export async function dropSnapshot(context: CopiesContext, { id }: VolumeSnapshot): Promise<void> {
	const doomed = join(STAGING, id);
	context.moves.commit({ from: snapshotFolder(id), to: doomed }, () => context.documents.delete(id));
	failpoint("volumes.snapshot.before-delete");
	await removeTree(join(context.root, doomed));
}
