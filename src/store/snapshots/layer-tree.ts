import { openSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import { cloneTree, closeFd, O, overlayTree, restrictTree } from "../../sys/index.ts";
import type { SnapshotDriver } from "./contract.ts";
import { openMappedTree, type TreeOwners } from "./mapped-tree.ts";

/**
 * A layer with all that it stands on as a tree that is mounted nowhere, read-only; `what` names it in errors; with
 * `owners` see {@link openMappedTree}. The descriptor is the caller's. `unavailable` when the kernel is too old.
 */
export function openLayerTree(
	snapshots: Pick<SnapshotDriver, "layerMounts">,
	chainId: Digest,
	what: string,
	owners?: TreeOwners,
): number {
	const [layers] = snapshots.layerMounts(chainId);
	if (owners !== undefined) return openMappedTree(layers!, owners);
	if (layers!.type === "bind") return openFolder(layers!.source);
	const { cwd = "", options } = layers!;
	const lower = options.find((option) => option.startsWith("lowerdir="))!.slice("lowerdir=".length);
	const others = options.filter((option) => option.includes("=") && !option.startsWith("lowerdir="));
	try {
		return overlayTree(
			lower.split(":").map((folder) => join(cwd, folder)),
			others,
		);
	} catch (error) {
		if (errnoOf(error) !== "EINVAL") throw error;
		throw new EngineError("unavailable", `${what} needs Linux 6.5`, { cause: error });
	}
}

function openFolder(path: string): number {
	const fd = openSync(path, O.PATH);
	try {
		const tree = cloneTree(fd, { recursive: false });
		restrictTree(tree, { readOnly: true, recursive: false });
		return tree;
	} finally {
		closeFd(fd);
	}
}
