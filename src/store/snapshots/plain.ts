import { EngineError } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import { runCommand } from "../../sys/index.ts";
import { adoptAsLayer } from "./adopt.ts";
import type { SnapshotDriver, SnapshotMount } from "./contract.ts";
import { openSnapshotFolders } from "./folders.ts";
import { createLayerSync } from "./layer-sync.ts";
import { insertActive, keyTaken, type Rooms, requireRow, sharedOperations, stagedLayer } from "./layers.ts";
import { machineOperations } from "./machine.ts";
import type { SnapshotOptions } from "./open-options.ts";
import { openSnapshotTable } from "./table.ts";
import { treeUsage } from "./tree-usage.ts";
import { upperImage, upperUsage } from "./upper-image.ts";

/**
 * Snapshots as whole trees: each is a copy of its parent (a cheap one where the file system shares blocks). For file
 * systems on which overlayfs cannot write.
 */
export function createPlainSnapshots({ root, metadata, log }: SnapshotOptions): SnapshotDriver {
	const table = openSnapshotTable(metadata, "plain");
	const folders = openSnapshotFolders({ root, known: new Set(table.all().map(({ id }) => id)), log });
	const rooms: Rooms = { table, folders, stagedParents: new Map(), layerSync: createLayerSync(folders.path) };
	const copyOf = async (parent: Digest | undefined): Promise<number> => {
		const source = parent === undefined ? undefined : requireRow(table, "layer", parent);
		const id = folders.create(false);
		if (source === undefined) return id;
		// So that nobody removes the layer while it is copied.
		const token = Symbol();
		rooms.stagedParents.set(token, source.key as Digest);
		try {
			await copyTree(folders.fs(source.id), folders.fs(id));
		} catch (error) {
			folders.remove(id);
			throw error;
		} finally {
			rooms.stagedParents.delete(token);
		}
		return id;
	};
	return {
		name: "plain",
		...sharedOperations(rooms),
		// A layer's folder holds all of the tree.
		...machineOperations(rooms, (parent) => [requireRow(table, "layer", parent)]),
		async stage(parent) {
			return stagedLayer(rooms, { id: await copyOf(parent), parent, whiteouts: "apply" });
		},
		async prepare(key, parent) {
			if (table.find("active", key) !== undefined) throw keyTaken(key);
			const id = await copyOf(parent);
			try {
				insertActive(table, { id, key, parent });
			} catch (error) {
				folders.remove(id);
				throw error;
			}
		},
		async prepareSized() {
			throw new EngineError(
				"unavailable",
				"HostConfig.StorageOpt: size: needs overlayfs, which cannot write on the data root's file system",
			);
		},
		mountSized: async () => undefined,
		mounts(key, { readOnly = false } = {}) {
			const { id, parent } = requireRow(table, "active", key);
			const isMachine = upperImage(folders.folder(id)) !== undefined;
			if (isMachine && parent !== undefined)
				return [bindMount(folders.fs(requireRow(table, "layer", parent).id), true)];
			return [bindMount(folders.fs(id), readOnly)];
		},
		layerMounts: (chainId) => [bindMount(folders.fs(requireRow(table, "layer", chainId).id), true)],
		changesDirectory(key) {
			requireRow(table, "active", key);
			return undefined;
		},
		adopt: async (key, layer) => adoptAsLayer(rooms, key, { ...layer, anyParent: false }),
		async usage(key) {
			const { id } = requireRow(table, "active", key);
			return upperUsage(folders.folder(id)) ?? (await treeUsage(folders.fs(id)));
		},
	};
}

function bindMount(source: string, readOnly: boolean): SnapshotMount {
	return { type: "bind", source, options: ["rbind", readOnly ? "ro" : "rw"] };
}

async function copyTree(from: string, to: string): Promise<void> {
	const result = await runCommand(["cp", "-a", "--reflink=auto", "--", `${from}/.`, to]);
	if (result?.exitCode === 0) return;
	const reason = result?.stderr.trim() ?? "no program cp";
	if (/No space left on device|Disk quota exceeded/.test(reason))
		throw new EngineError("no_space", `copy snapshot to ${to}: no space left on device`);
	throw new EngineError("unavailable", `copy snapshot to ${to}: ${reason}`);
}
