import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../oci/index.ts";
import { diskBytes } from "../../sys/index.ts";
import type { SnapshotDiskUsage } from "./contract.ts";
import type { SnapshotFolders } from "./folders.ts";
import type { SnapshotTable } from "./table.ts";

const blockBytes = 512;

/**
 * Makes {@link SnapshotDriver.diskUsage}. A layer's tree never changes and is walked once in a daemon's life; what
 * else lies beside it is looked at each time.
 */
export function createDiskUsage(
	table: SnapshotTable,
	folders: SnapshotFolders,
): () => Promise<SnapshotDiskUsage> {
	const treeBytes = new Map<number, number>();
	return async () => {
		const rows = table.all();
		const layers = rows.filter(({ kind }) => kind === "layer");
		const active = rows.filter(({ kind }) => kind === "active");
		const unknown = layers.filter(({ id }) => !treeBytes.has(id));
		const rowless = rowlessFolders(folders.path, new Set(rows.map(({ id }) => String(id))));
		const [walked, others] = await Promise.all([
			diskBytes([
				...unknown.map(({ id }) => folders.fs(id)),
				...active.map(({ id }) => join(folders.path, String(id))),
			]),
			diskBytes(rowless),
		]);
		for (const [index, { id }] of unknown.entries()) treeBytes.set(id, walked[index]!);
		const known = new Set(layers.map(({ id }) => id));
		for (const id of treeBytes.keys()) if (!known.has(id)) treeBytes.delete(id);
		return {
			layers: new Map(
				layers.map(({ id, key, parent }) => {
					const beside = bytesBeside(join(folders.path, String(id)));
					const bytes = treeBytes.get(id)! + beside.folderBytes;
					return [key as Digest, { bytes, machineBytes: beside.fileBytes, parent }];
				}),
			),
			active: new Map(
				active.map(({ key, parent }, index) => [key, { bytes: walked[unknown.length + index]!, parent }]),
			),
			otherBytes: others.reduce((sum, bytes) => sum + bytes, sizeOf(folders.path)),
		};
	};
}

/** Layers that are being extracted, and what is being removed. */
function rowlessFolders(path: string, known: ReadonlySet<string>): string[] {
	return namesIn(path)
		.filter((name) => !known.has(name))
		.map((name) => join(path, name));
}

/** The folder itself, and the files beside the tree: a layer's image for virtual machines. */
function bytesBeside(folder: string): { folderBytes: number; fileBytes: number } {
	let folderBytes = sizeOf(folder);
	let fileBytes = 0;
	for (const name of namesIn(folder)) {
		if (name === "fs") continue;
		const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
		if (stat?.isDirectory()) folderBytes += stat.blocks * blockBytes;
		else fileBytes += (stat?.blocks ?? 0) * blockBytes;
	}
	return { folderBytes, fileBytes };
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		// Removed meanwhile.
		return [];
	}
}

function sizeOf(path: string): number {
	return (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * blockBytes;
}
