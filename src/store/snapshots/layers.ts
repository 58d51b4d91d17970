import { EngineError, failpoint } from "../../lib/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { SnapshotDriver, StagedLayer } from "./contract.ts";
import { createDiskUsage } from "./disk-usage.ts";
import type { SnapshotFolders } from "./folders.ts";
import type { LayerSync } from "./layer-sync.ts";
import type { SnapshotTable } from "./table.ts";

/** What both drivers do alike: rows and folders, whatever is in the folders. */
export interface Rooms {
	readonly table: SnapshotTable;
	readonly folders: SnapshotFolders;
	/** chainIds that layers now being extracted will stand on. */
	readonly stagedParents: Map<symbol, Digest>;
	readonly layerSync: LayerSync;
}

/** A staged layer over a folder that was just made. */
export function stagedLayer(
	{ table, folders, stagedParents, layerSync }: Rooms,
	{ id, parent, whiteouts }: { id: number; parent: Digest | undefined; whiteouts: StagedLayer["whiteouts"] },
): StagedLayer {
	const token = Symbol();
	if (parent !== undefined) stagedParents.set(token, parent);
	let open = true;
	const close = () => {
		open = false;
		stagedParents.delete(token);
	};
	return {
		directory: folders.fs(id),
		whiteouts,
		async commit(chainId, usage) {
			if (!open) throw new Error("a staged layer committed twice");
			close();
			failpoint("snapshots.commit.before-row");
			let inserted = false;
			layerSync.add(chainId);
			try {
				inserted = table.insert({ id, kind: "layer", key: chainId, parent, usage });
			} finally {
				if (!inserted) folders.remove(id);
			}
			failpoint("snapshots.commit.after-row");
		},
		async [Symbol.asyncDispose]() {
			if (!open) return;
			close();
			folders.remove(id);
		},
	};
}

type SharedOperations = Pick<
	SnapshotDriver,
	"hasLayer" | "layerUsage" | "diskUsage" | "remove" | "removeLayer" | "sync" | "layers" | "keys" | "settle"
>;

export function sharedOperations({ table, folders, stagedParents, layerSync }: Rooms): SharedOperations {
	return {
		hasLayer: (chainId) => table.find("layer", chainId) !== undefined,
		layerUsage: (chainId) => requireRow(table, "layer", chainId).usage,
		diskUsage: createDiskUsage(table, folders),
		async remove(key) {
			const row = table.find("active", key);
			if (row === undefined) return;
			table.delete("active", key);
			failpoint("snapshots.remove.after-row");
			folders.remove(row.id);
			failpoint("snapshots.remove.after-rename");
		},
		async removeLayer(chainId) {
			const row = requireRow(table, "layer", chainId);
			const child = table.child(chainId);
			if (child !== undefined)
				throw new EngineError(
					"conflict",
					`layer ${chainId} is in use by ${child.kind} snapshot ${child.key}`,
				);
			for (const parent of stagedParents.values())
				if (parent === chainId)
					throw new EngineError("conflict", `layer ${chainId} is in use by a layer being extracted`);
			table.delete("layer", chainId);
			failpoint("snapshots.remove-layer.after-row");
			folders.remove(row.id);
		},
		sync: (chainIds) => layerSync.sync(chainIds),
		*layers() {
			for (const { kind, key, parent } of table.all())
				if (kind === "layer") yield { chainId: key as Digest, parent };
		},
		*keys() {
			for (const { kind, key } of table.all()) if (kind === "active") yield key;
		},
		settle: () => folders.settle(),
	};
}

export function requireRow(table: SnapshotTable, kind: "layer" | "active", key: string) {
	const row = table.find(kind, key);
	if (row === undefined)
		throw new EngineError("not_found", `no such ${kind === "layer" ? "layer" : "snapshot"}: ${key}`);
	return row;
}

/** The row that makes a container's folder count; two at once: the second gets `conflict`. */
export function insertActive(
	table: SnapshotTable,
	{ id, key, parent }: { id: number; key: string; parent: Digest | undefined },
): void {
	failpoint("snapshots.prepare.before-row");
	if (!table.insert({ id, kind: "active", key, parent, usage: { bytes: 0, inodes: 0 } })) throw keyTaken(key);
	failpoint("snapshots.prepare.after-row");
}

export function keyTaken(key: string): EngineError {
	return new EngineError("conflict", `a snapshot with key ${key} is there already`);
}
