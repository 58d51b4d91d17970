import { join } from "node:path";
import { KeyedLock } from "../../lib/index.ts";
import { diskBytes } from "../../sys/index.ts";
import { FolderMoves } from "../moves.ts";
import { cloneVolume } from "./clone.ts";
import type { CopiesContext, VolumeCopiesOptions } from "./context.ts";
import type { VolumeCopies } from "./contract.ts";
import { createSnapshot } from "./create.ts";
import { exportVolume } from "./export.ts";
import { importVolume } from "./import.ts";
import { pruneSnapshots } from "./prune.ts";
import { findSnapshot, snapshotDocuments, snapshotFolder, snapshotsOf } from "./records.ts";
import { removeSnapshot } from "./remove.ts";
import { restoreVolume } from "./restore.ts";

export function createVolumeCopies(options: VolumeCopiesOptions): VolumeCopies {
	const context: CopiesContext = {
		...options,
		documents: snapshotDocuments(options.metadata),
		moves: new FolderMoves(options.metadata, options.root),
		locks: new KeyedLock(),
		now: options.now ?? (() => new Date()),
	};
	return {
		create: (volume, request, progress) => createSnapshot(context, volume, { ...request, ...progress }),
		list: (volume) => snapshotsOf(context.documents, volume && context.volumes.get(volume).name),
		get: (volume, reference) => findSnapshot(context.documents, context.volumes.get(volume).name, reference),
		remove: (volume, reference) => removeSnapshot(context, volume, reference),
		prune: (request) => pruneSnapshots(context, request),
		restore: (volume, snapshot, progress) => restoreVolume(context, volume, { snapshot, ...progress }),
		clone: (volume, request, progress) => cloneVolume(context, volume, { ...request, ...progress }),
		export: (volume, request, progress) => exportVolume(context, volume, { ...request, ...progress }),
		import: (volume, archive, request, progress) =>
			importVolume(context, volume, { archive, ...request, ...progress }),
		async diskUsage() {
			const ids = snapshotsOf(context.documents).map(({ id }) => id);
			const bytes = await diskBytes(ids.map((id) => join(context.root, snapshotFolder(id))));
			return new Map(ids.map((id, index) => [id, bytes[index]!]));
		},
	};
}
