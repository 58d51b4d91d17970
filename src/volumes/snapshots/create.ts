import { EngineError } from "../../lib/index.ts";
import type { CopiesContext } from "./context.ts";
import type { CopyProgress, VolumeSnapshot } from "./contract.ts";
import { snapshotFolder, snapshotsOf } from "./records.ts";
import { fillFrom, openVolume, stageTree } from "./stage.ts";

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;

/**
 * Keeps a volume's content as it is now. Crash windows: until the record is written there is a staged tree that boot
 * deletes; from then on boot gives it its place.
 */
export async function createSnapshot(
	context: CopiesContext,
	name: string,
	request: {
		readonly name?: string | undefined;
		readonly labels?: Readonly<Record<string, string>>;
	} & CopyProgress,
): Promise<VolumeSnapshot> {
	using _lock = await context.locks.acquire(name, request.signal);
	context.volumes.get(name);
	await using staged = stageTree(context);
	const snapshotName = request.name || staged.id.slice(0, 12);
	assertFreeName(context, name, snapshotName);
	await using source = await openVolume(context, name);
	const { sharedBytes, copiedBytes } = await fillFrom(context, staged, { path: source.path, ...request });
	const snapshot: VolumeSnapshot = {
		id: staged.id,
		name: snapshotName,
		volume: context.volumes.get(name).name,
		createdAt: context.now().toISOString(),
		labels: request.labels ?? {},
		shared: sharedBytes > 0 && copiedBytes === 0,
	};
	request.check?.();
	context.moves.commit({ from: staged.folder, to: snapshotFolder(snapshot.id) }, () =>
		context.documents.put(snapshot.id, snapshot),
	);
	return snapshot;
}

function assertFreeName({ documents }: CopiesContext, volume: string, name: string): void {
	if (!namePattern.test(name))
		throw new EngineError(
			"invalid_argument",
			`invalid snapshot name ${JSON.stringify(name)}: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, at most 128`,
		);
	if (snapshotsOf(documents, volume).some((snapshot) => snapshot.name === name))
		throw new EngineError("conflict", `volume ${volume} has a snapshot with the name ${name} already`);
}
