import { EngineError, failpoint } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { SnapshotDriver } from "./contract.ts";
import { createLayerImages } from "./layer-image.ts";
import { insertActive, keyTaken, type Rooms, requireRow } from "./layers.ts";
import type { SnapshotRow } from "./table.ts";
import { copyUpperImage, makeUpperImage, upperImage } from "./upper-image.ts";

type MachineOperations = Pick<SnapshotDriver, "machineRoot" | "copyMachine"> & {
	prepareMachine(key: string, parent: Digest | undefined, upperBytes: number): Promise<void>;
};

/**
 * What both drivers do alike for virtual machines. `chainOf` gives the layers that a machine is to see, the topmost
 * first.
 *
 * Crash windows: as for any active snapshot, the folder with the disk comes first, the row last.
 */
export function machineOperations(
	{ table, folders }: Rooms,
	chainOf: (parent: Digest) => readonly SnapshotRow[],
): MachineOperations {
	const images = createLayerImages();
	/** A new active snapshot whose folder `fill` puts a disk into. */
	const create = async (key: string, parent: Digest | undefined, fill: (folder: string) => Promise<void>) => {
		if (table.find("active", key) !== undefined) throw keyTaken(key);
		if (parent !== undefined) requireRow(table, "layer", parent);
		const id = folders.create(false);
		try {
			await fill(folders.folder(id));
			failpoint("snapshots.machine.after-disk");
			insertActive(table, { id, key, parent });
		} catch (error) {
			folders.remove(id);
			throw error;
		}
	};
	const machineRow = (key: string) => {
		const row = requireRow(table, "active", key);
		const upper = upperImage(folders.folder(row.id));
		if (upper === undefined) throw new EngineError("conflict", `snapshot ${key} is no machine's`);
		return { row, upper };
	};
	return {
		prepareMachine: (key, parent, upperBytes) =>
			create(key, parent, (folder) => makeUpperImage(folder, upperBytes)),
		async copyMachine(key, from) {
			const { row } = machineRow(from);
			await create(key, row.parent, (folder) => copyUpperImage(folders.folder(row.id), folder));
		},
		async machineRoot(key) {
			const { row, upper } = machineRow(key);
			const layers = [];
			// One after another: each reads a whole tree, and disks like that better.
			for (const { id } of row.parent === undefined ? [] : chainOf(row.parent))
				layers.push(await images.ensure(folders.folder(id)));
			return { layers, upper };
		},
	};
}
