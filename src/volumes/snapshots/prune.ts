import { join } from "node:path";
import { diskBytes } from "../../sys/index.ts";
import type { CopiesContext } from "./context.ts";
import type { PruneRequest, VolumeSnapshot } from "./contract.ts";
import { snapshotFolder, snapshotsOf } from "./records.ts";
import { dropSnapshot } from "./remove.ts";

/** Removes old snapshots. What is shared with the volume is counted as freed though it is not. */
export async function pruneSnapshots(
	context: CopiesContext,
	request: PruneRequest,
): Promise<{ readonly removed: readonly VolumeSnapshot[]; readonly bytes: number }> {
	if (request.volume !== undefined) context.volumes.get(request.volume);
	const doomed = planPrune(snapshotsOf(context.documents, request.volume), request);
	const sizes = await diskBytes(doomed.map(({ id }) => join(context.root, snapshotFolder(id))));
	const removed: VolumeSnapshot[] = [];
	let bytes = 0;
	for (const [index, snapshot] of doomed.entries()) {
		using _lock = await context.locks.acquire(snapshot.volume);
		// Removed by somebody else meanwhile.
		if (context.documents.get(snapshot.id) === undefined) continue;
		await dropSnapshot(context, snapshot);
		removed.push(snapshot);
		bytes += sizes[index]!;
	}
	return { removed, bytes };
}

/** Pure. `snapshots` are oldest first; the newest of each volume stay, and all that are not older than `before`. */
export function planPrune(
	snapshots: readonly VolumeSnapshot[],
	{ keep, before, matches = () => true }: PruneRequest,
): VolumeSnapshot[] {
	const newer = new Map<string, number>();
	const doomed = snapshots.toReversed().filter((snapshot) => {
		if (!matches(snapshot)) return false;
		const count = newer.get(snapshot.volume) ?? 0;
		newer.set(snapshot.volume, count + 1);
		return count >= keep && (before === undefined || new Date(snapshot.createdAt) < before);
	});
	return doomed.toReversed();
}
