/**
 * Copies of volumes that are kept, and volumes made of copies.
 *
 * A **snapshot** is a volume's tree as it was, below `<root>/.snapshots/<id>/_data`. Where the file system can
 * (FICLONE: btrfs, xfs, bcachefs) it shares the volume's blocks and costs nothing until one of the two is written to;
 * elsewhere it is a copy. Nobody mounts a snapshot: containers get a volume that is made of it.
 *
 * Example:
 * ```ts
 * const before = await copies.create("db", { name: "before-upgrade" });
 * await copies.restore("db", "before-upgrade");
 * await copies.clone("db", { name: "db-test", snapshot: "before-upgrade" });
 * ```
 */
import type { TreeCopy } from "../../archive/index.ts";
import type { VolumeRecord } from "../contract.ts";

export interface VolumeSnapshot {
	/** 64 hex digits. */
	readonly id: string;
	/** Unique among the volume's. */
	readonly name: string;
	readonly volume: string;
	/** RFC 3339 with milliseconds. */
	readonly createdAt: string;
	readonly labels: Readonly<Record<string, string>>;
	/** Blocks are shared with the volume's. */
	readonly shared: boolean;
}

export interface CopyProgress {
	readonly signal?: AbortSignal | undefined;
	/** `total` is not known at first, and of an archive never; blocks that are counted as du(1) does. */
	readonly onBytes?: (bytes: number, total?: number) => void;
	/** Called when the volume has been read, which may be long before its copy is safe on the disk. */
	readonly onRead?: () => Promise<void>;
	/** Called before the step that counts; what it throws ends the operation, with nothing changed. */
	readonly check?: () => void;
}

export interface VolumeCopies {
	/** Errors: `not_found`, `conflict` for a name that the volume has already. */
	create(
		volume: string,
		request: { readonly name?: string | undefined; readonly labels?: Readonly<Record<string, string>> },
		progress?: CopyProgress,
	): Promise<VolumeSnapshot>;
	/** Oldest first; of one volume, or of all. */
	list(volume?: string): readonly VolumeSnapshot[];
	/** By name, id or the beginning of an id; `not_found`. */
	get(volume: string, reference: string): VolumeSnapshot;
	remove(volume: string, reference: string): Promise<void>;
	/** Removes all but the newest `keep` of each volume that are older than `before`. */
	prune(
		request: PruneRequest,
	): Promise<{ readonly removed: readonly VolumeSnapshot[]; readonly bytes: number }>;
	/** Puts the volume's content back. No container may run with it. */
	restore(volume: string, reference: string, progress?: CopyProgress): Promise<void>;
	/** A new volume with what this one has, or had. Errors: `conflict` when the name is taken. */
	clone(
		volume: string,
		request: {
			readonly name: string;
			readonly snapshot?: string | undefined;
			readonly labels?: Readonly<Record<string, string>>;
		},
		progress?: CopyProgress,
	): Promise<VolumeRecord & { readonly copied: TreeCopy }>;
	/** A tar of the volume, or of a snapshot; with `since` of what changed from that snapshot on. */
	export(
		volume: string,
		request: {
			readonly snapshot?: string | undefined;
			readonly since?: string | undefined;
			/** Copy the volume first and read the copy: nobody has to stand still while it is sent. */
			readonly aside?: boolean;
		},
		progress?: CopyProgress,
	): Promise<AsyncIterable<Uint8Array>>;
	/** A volume of a tar: a new one, or with `onto` changes to one that is there and that nobody runs with. */
	import(
		volume: string,
		archive: AsyncIterable<Uint8Array>,
		request: ImportRequest,
		progress?: CopyProgress,
	): Promise<VolumeRecord>;
	/** What snapshots take on the disk, as du(1) counts it: shared blocks once for each. By id. */
	diskUsage(): Promise<ReadonlyMap<string, number>>;
}

export interface PruneRequest {
	readonly volume?: string | undefined;
	readonly keep: number;
	readonly before?: Date | undefined;
	readonly matches?: (snapshot: VolumeSnapshot) => boolean;
}

export interface ImportRequest {
	readonly onto: boolean;
	readonly devices: boolean;
	readonly maxBytes: number;
	readonly labels?: Readonly<Record<string, string>>;
}
