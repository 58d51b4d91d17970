import { chmodSync, chownSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { removeTreeSync, translateSystemError } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import { getXattr, toByteString } from "../../sys/index.ts";
import { adoptAsLayer } from "./adopt.ts";
import type { SnapshotDriver, SnapshotMount } from "./contract.ts";
import { openSnapshotFolders, type SnapshotFolders } from "./folders.ts";
import { createLayerSync } from "./layer-sync.ts";
import { insertActive, keyTaken, type Rooms, requireRow, sharedOperations, stagedLayer } from "./layers.ts";
import { machineOperations } from "./machine.ts";
import type { SnapshotOptions } from "./open-options.ts";
import { makeSizedTree, mountSizedTrees } from "./sized-tree.ts";
import { openSnapshotTable, type SnapshotRow } from "./table.ts";
import { treeUsage } from "./tree-usage.ts";
import { upperImage, upperUsage } from "./upper-image.ts";

/**
 * No redirects: a renamed folder is copied, so that an upper folder alone tells what changed, and no xattr in a layer
 * leads anywhere. No index: a tree may be mounted again at another place.
 */
const FIXED_OPTIONS = ["redirect_dir=nofollow", "index=off", "metacopy=off"] as const;

/** Snapshots as overlayfs layers: one folder per layer, one `fs` and `work` per container. */
export function createOverlaySnapshots({ root, metadata, log }: SnapshotOptions): SnapshotDriver {
	const table = openSnapshotTable(metadata, "overlay");
	const folders = openSnapshotFolders({ root, known: new Set(table.all().map(({ id }) => id)), log });
	const rooms: Rooms = { table, folders, stagedParents: new Map(), layerSync: createLayerSync(folders.path) };
	// overlayfs merges the roots of all layers, whatever mark one has: what an opaque root hides is left out.
	const visibleChain = (chainId: Digest): SnapshotRow[] => {
		const chain = table.chain(chainId);
		const last = chain.findIndex(({ id }) => isOpaque(folders.fs(id)));
		return last < 0 ? chain : chain.slice(0, last + 1);
	};
	// overlayfs wants two lower folders when there is no upper one.
	const readOnlyMounts = (chain: readonly SnapshotRow[]) =>
		chain.length === 1 ? [bindMount(folders.fs(chain[0]!.id), true)] : [overlayMount(folders, chain, ["ro"])];
	const isMachine = (row: SnapshotRow) => upperImage(folders.folder(row.id)) !== undefined;
	const prepare = async (
		key: string,
		parent: Digest | undefined,
		bound: (folder: string) => Promise<void>,
	) => {
		if (table.find("active", key) !== undefined) throw keyTaken(key);
		const below = parent === undefined ? [] : table.chain(parent);
		const id = folders.create(true);
		try {
			await bound(folders.folder(id));
			if (below[0] !== undefined) copyRootAttributes(folders.fs(below[0].id), folders.fs(id));
			insertActive(table, { id, key, parent });
		} catch (error) {
			folders.remove(id);
			throw error;
		}
	};
	return {
		name: "overlay",
		...sharedOperations(rooms),
		...machineOperations(rooms, visibleChain),
		async stage(parent) {
			return stagedLayer(rooms, { id: folders.create(false), parent, whiteouts: "overlay" });
		},
		prepare: (key, parent) => prepare(key, parent, async () => undefined),
		prepareSized: (key, parent, bytes) => prepare(key, parent, (folder) => makeSizedTree(folder, bytes)),
		mountSized: () =>
			mountSizedTrees(
				table.all().flatMap(({ id, kind }) => (kind === "active" ? [folders.folder(id)] : [])),
				log,
			),
		mounts(key, { readOnly = false, volatile = false } = {}) {
			const row = requireRow(table, "active", key);
			const below = row.parent === undefined ? [] : visibleChain(row.parent);
			if (below.length === 0) return [bindMount(folders.fs(row.id), readOnly)];
			if (isMachine(row)) return readOnlyMounts(below);
			if (readOnly) return [overlayMount(folders, [row, ...below], ["ro"])];
			forgetVolatileMount(folders.work(row.id));
			const [fs, work] = [folders.fs(row.id), folders.work(row.id)].map((path) =>
				relative(folders.path, path),
			);
			const upper = [`upperdir=${fs}`, `workdir=${work}`, ...(volatile ? ["volatile"] : [])];
			return [overlayMount(folders, below, upper)];
		},
		layerMounts(chainId) {
			return readOnlyMounts(visibleChain(chainId));
		},
		changesDirectory(key) {
			const row = requireRow(table, "active", key);
			return isMachine(row) ? undefined : folders.fs(row.id);
		},
		adopt: async (key, layer) => adoptAsLayer(rooms, key, { ...layer, anyParent: true }),
		async usage(key) {
			const { id } = requireRow(table, "active", key);
			return upperUsage(folders.folder(id)) ?? (await treeUsage(folders.fs(id)));
		},
	};
}

/** Folders as short paths from `cwd`: the options of a mount have one page. */
function overlayMount(
	{ path: cwd, fs }: SnapshotFolders,
	chain: readonly SnapshotRow[],
	options: readonly string[],
): SnapshotMount {
	const lower = chain.map(({ id }) => relative(cwd, fs(id))).join(":");
	return {
		type: "overlay",
		source: "overlay",
		cwd,
		options: [`lowerdir=${lower}`, ...options, ...FIXED_OPTIONS],
	};
}

function bindMount(source: string, readOnly: boolean): SnapshotMount {
	return { type: "bind", source, options: ["rbind", readOnly ? "ro" : "rw"] };
}

function isOpaque(directory: string): boolean {
	return getXattr(toByteString(directory), "trusted.overlay.opaque") !== undefined;
}

/** overlayfs shows the upper root's attributes: an image whose `/` is not root's 0755 keeps that. */
function copyRootAttributes(from: string, to: string): void {
	try {
		const { uid, gid, mode } = statSync(from);
		chownSync(to, uid, gid);
		chmodSync(to, mode & 0o7777);
	} catch (error) {
		throw translateSystemError(error, `make snapshot ${to}`);
	}
}

/** The kernel refuses to mount what was mounted `volatile` before, until this mark is gone. */
function forgetVolatileMount(work: string): void {
	removeTreeSync(join(work, "work", "incompat"));
}
