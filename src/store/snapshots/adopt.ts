import { failpoint, removeTreeSync } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { SnapshotUsage } from "./contract.ts";
import { type Rooms, requireRow } from "./layers.ts";
import { upperImage } from "./upper-image.ts";

/**
 * Turns a writable snapshot into a layer where it stands. `anyParent`: a folder holds changes alone, which fit any
 * parent.
 *
 * Crash windows: the row changes in one step. A `work` folder that a kill leaves beside a layer is in nobody's way.
 */
export function adoptAsLayer(
	{ table, folders, layerSync }: Rooms,
	key: string,
	layer: {
		readonly chainId: Digest;
		readonly parent: Digest | undefined;
		readonly usage: SnapshotUsage;
		readonly anyParent: boolean;
	},
): boolean {
	const row = requireRow(table, "active", key);
	if (upperImage(folders.folder(row.id)) !== undefined) return false;
	if (!layer.anyParent && row.parent !== layer.parent) return false;
	if (table.find("layer", layer.chainId) !== undefined) {
		table.delete("active", key);
		folders.remove(row.id);
		return true;
	}
	layerSync.add(layer.chainId);
	failpoint("snapshots.adopt.before-row");
	table.turnIntoLayer(key, layer);
	failpoint("snapshots.adopt.after-row");
	removeTreeSync(folders.work(row.id));
	return true;
}
