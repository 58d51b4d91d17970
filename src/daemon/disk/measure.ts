import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ContentStore, SnapshotDiskUsage, SnapshotDriver } from "../../store/index.ts";
import { diskBytes } from "../../sys/index.ts";
import type { Volumes } from "../../volumes/index.ts";

export interface MeasuredRooms {
	readonly dataRoot: string;
	readonly content: ContentStore;
	readonly snapshots: SnapshotDriver;
	readonly volumes: Volumes;
}

/** What the data root's parts take on the disk. The sum of all is what du(1) says of the whole. */
export interface DiskMeasure {
	readonly layers: SnapshotDiskUsage["layers"];
	readonly active: SnapshotDiskUsage["active"];
	readonly blobs: ReadonlyMap<string, number>;
	readonly volumes: ReadonlyMap<string, number>;
	readonly volumeSnapshotBytes: number;
	/** Folders of containers, without logs. */
	readonly folders: ReadonlyMap<string, number>;
	readonly logs: ReadonlyMap<string, number>;
	/** Database, events, what is being deleted or brought, folders. */
	readonly engineBytes: number;
}

const blockBytes = 512;
/** The rooms' own folders, which they measure themselves. */
const measured = new Set(["content", "snapshots", "volumes", "containers"]);

export async function measureDisk(rooms: MeasuredRooms): Promise<DiskMeasure> {
	const { dataRoot } = rooms;
	const rest = readdirSync(dataRoot).filter((name) => !measured.has(name));
	const [snapshots, content, volumes, restBytes] = await Promise.all([
		rooms.snapshots.diskUsage(),
		rooms.content.diskUsage(),
		rooms.volumes.diskUsage(),
		diskBytes(rest.map((name) => join(dataRoot, name))),
	]);
	const containers = await measureContainers(join(dataRoot, "containers"));
	return {
		layers: snapshots.layers,
		active: snapshots.active,
		blobs: content.blobs,
		volumes: volumes.volumes,
		volumeSnapshotBytes: volumes.snapshotBytes,
		folders: containers.folders,
		logs: containers.logs,
		engineBytes:
			snapshots.otherBytes +
			content.otherBytes +
			volumes.otherBytes +
			containers.otherBytes +
			sizeOf(dataRoot) +
			restBytes.reduce((sum, bytes) => sum + bytes, 0),
	};
}

/** The logs are files in the containers' folders; they are counted apart. */
async function measureContainers(path: string) {
	const ids = namesIn(path);
	const bytes = await diskBytes(ids.map((id) => join(path, id)));
	const folders = new Map<string, number>();
	const logs = new Map<string, number>();
	for (const [index, id] of ids.entries()) {
		const files = namesIn(join(path, id)).filter((name) => name.startsWith(`${id}-json.log`));
		const logBytes = files.reduce((sum, name) => sum + sizeOf(join(path, id, name)), 0);
		folders.set(id, Math.max(0, bytes[index]! - logBytes));
		logs.set(id, logBytes);
	}
	return { folders, logs, otherBytes: sizeOf(path) };
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		// Removed meanwhile, or a file.
		return [];
	}
}

function sizeOf(path: string): number {
	return (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * blockBytes;
}
