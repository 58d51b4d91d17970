import type { ArchiveRoot, ChangeSource } from "../../archive/index.ts";
import type { MachineFiles } from "../../runtime/index.ts";
import type { SnapshotMount } from "../../store/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { mountPointsOf } from "./change-source.ts";

/** What a machine changed, as its guest serves it, over the layers as the host has them: nothing of it is mounted. */
export function machineTree(context: Context, container: Container, files: MachineFiles): ArchiveRoot {
	const [below] = layerMounts(context, container);
	const { namespacePid, mountedUpperPath } = files;
	return { kind: "mounts", mounts: [stacked(escapeColons(mountedUpperPath), below!)], namespacePid };
}

export function machineChanges(context: Context, container: Container, upperPath: string): ChangeSource {
	return {
		changesDirectory: upperPath,
		parent: { kind: "mounts", mounts: layerMounts(context, container) },
		mountPoints: mountPointsOf(container.record),
	};
}

/** A machine has at least one layer: without any there would be nothing to start. */
function layerMounts(context: Context, { record }: Container): readonly SnapshotMount[] {
	return context.snapshots.layerMounts(record.image.chainId!);
}

const lowerOption = "lowerdir=";

/** The same overlay with one more folder on top; a single layer becomes one. */
function stacked(top: string, below: SnapshotMount): SnapshotMount {
	if (below.type === "bind") {
		const options = [
			`${lowerOption}${top}:${escapeColons(below.source)}`,
			"ro",
			"redirect_dir=nofollow",
			"index=off",
			"metacopy=off",
		];
		return { type: "overlay", source: "overlay", options };
	}
	const options = below.options.map((option) =>
		option.startsWith(lowerOption) ? `${lowerOption}${top}:${option.slice(lowerOption.length)}` : option,
	);
	return { ...below, options };
}

function escapeColons(path: string): string {
	return path.replace(/[\\:]/g, "\\$&");
}
