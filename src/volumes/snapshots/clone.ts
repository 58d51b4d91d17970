import { join } from "node:path";
import type { TreeCopy } from "../../archive/index.ts";
import type { VolumeRecord } from "../contract.ts";
import type { CopiesContext } from "./context.ts";
import type { CopyProgress } from "./contract.ts";
import { findSnapshot, snapshotFolder } from "./records.ts";
import { fillFrom, openVolume, stageTree } from "./stage.ts";

/** The new volume is a plain folder, whatever stands behind the other. Crash windows: as for a new snapshot. */
export async function cloneVolume(
	context: CopiesContext,
	name: string,
	request: {
		readonly name: string;
		readonly snapshot?: string | undefined;
		readonly labels?: Readonly<Record<string, string>>;
	} & CopyProgress,
): Promise<VolumeRecord & { readonly copied: TreeCopy }> {
	using _lock = await context.locks.acquire(name, request.signal);
	const volume = context.volumes.get(name);
	context.volumes.assertFree(request.name);
	await using opened = request.snapshot === undefined ? await openVolume(context, name) : undefined;
	const path =
		request.snapshot === undefined
			? opened!.path
			: join(
					context.root,
					snapshotFolder(findSnapshot(context.documents, name, request.snapshot).id),
					"_data",
				);
	await using staged = stageTree(context);
	const copied = await fillFrom(context, staged, { path, ...request });
	request.check?.();
	const labels = request.labels ?? volume.labels;
	return { ...context.volumes.adopt({ name: request.name, labels, folder: staged.folder }), copied };
}
