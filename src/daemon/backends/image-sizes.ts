import { type ImageRecord, layersOf } from "../../images/index.ts";
import type { SnapshotDriver } from "../../store/index.ts";

/** Bytes of an image's layers that other images stand on too. Counted over all images at once. */
export function sharedSizes(
	images: readonly ImageRecord[],
	snapshots: SnapshotDriver,
): (image: ImageRecord) => number {
	const users = new Map<string, number>();
	for (const image of images)
		for (const layer of new Set(layersOf(image))) users.set(layer, (users.get(layer) ?? 0) + 1);
	return (image) => {
		let bytes = 0;
		for (const layer of new Set(layersOf(image)))
			if (users.get(layer)! > 1) bytes += snapshots.layerUsage(layer).bytes;
		return bytes;
	};
}
