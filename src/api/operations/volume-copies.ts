/** Snapshots of volumes, and what is made of them. Hull's own. */
import { Type } from "typebox";
import { operation } from "../operation.ts";
import { Filters } from "../schemas/filters.ts";
import { Volume } from "../schemas/volume.ts";
import {
	HullVolumeCloneRequest,
	HullVolumeRenameRequest,
	HullVolumeRestoreRequest,
	HullVolumeSnapshot,
	HullVolumeSnapshotPruneResponse,
	HullVolumeSnapshotRequest,
} from "../schemas/volume-copies.ts";

const none = Type.Object({});

/** Keep a volume's content as it is; the snapshot is the stream's `aux`. */
export const volumeSnapshotCreate = operation({
	id: "HullVolumeSnapshotCreate",
	method: "POST",
	path: "/hull/volumes/:name/snapshots",
	since: "1.24",
	query: none,
	body: HullVolumeSnapshotRequest,
	result: HullVolumeSnapshot,
	stream: "progress",
	status: 200,
});

/** Snapshots of one volume, oldest first. */
export const volumeSnapshotsOf = operation({
	id: "HullVolumeSnapshotsOf",
	method: "GET",
	path: "/hull/volumes/:name/snapshots",
	since: "1.24",
	query: Type.Object({ size: Type.Optional(Type.Boolean()) }),
	result: Type.Array(HullVolumeSnapshot),
	status: 200,
});

/** Snapshots of all volumes, oldest first. */
export const volumeSnapshotList = operation({
	id: "HullVolumeSnapshotList",
	method: "GET",
	path: "/hull/volume-snapshots",
	since: "1.24",
	query: Type.Object({ size: Type.Optional(Type.Boolean()) }),
	result: Type.Array(HullVolumeSnapshot),
	status: 200,
});

export const volumeSnapshotDelete = operation({
	id: "HullVolumeSnapshotDelete",
	method: "DELETE",
	path: "/hull/volumes/:name/snapshots/:snapshot",
	since: "1.24",
	query: none,
	status: 204,
});

/** Remove old snapshots. Filters: `label`, `label!`, `until`, `volume`. */
export const volumeSnapshotPrune = operation({
	id: "HullVolumeSnapshotPrune",
	method: "POST",
	path: "/hull/volume-snapshots/prune",
	since: "1.24",
	query: Type.Object({
		/** How many of each volume stay, the newest. */
		keep: Type.Optional(Type.Integer({ minimum: 0 })),
		filters: Type.Optional(Filters),
	}),
	result: HullVolumeSnapshotPruneResponse,
	status: 200,
});

/** Put a volume's content back as a snapshot has it. */
export const volumeRestore = operation({
	id: "HullVolumeRestore",
	method: "POST",
	path: "/hull/volumes/:name/restore",
	since: "1.24",
	query: none,
	body: HullVolumeRestoreRequest,
	stream: "progress",
	status: 200,
});

/** Make a volume of another, or of a snapshot; the volume is the stream's `aux`. */
export const volumeClone = operation({
	id: "HullVolumeClone",
	method: "POST",
	path: "/hull/volumes/:name/clone",
	since: "1.24",
	query: none,
	body: HullVolumeCloneRequest,
	result: Volume,
	stream: "progress",
	status: 200,
});

export const volumeRename = operation({
	id: "HullVolumeRename",
	method: "POST",
	path: "/hull/volumes/:name/rename",
	since: "1.24",
	query: none,
	body: HullVolumeRenameRequest,
	status: 204,
});

/** A volume's content as a tar, its own folder first. */
export const volumeExport = operation({
	id: "HullVolumeExport",
	method: "GET",
	path: "/hull/volumes/:name/export",
	since: "1.24",
	query: Type.Object({
		/** Of this snapshot instead of the volume as it is. */
		snapshot: Type.Optional(Type.String()),
		/** What changed since this snapshot only; `.wh.NAME` says that a name is gone. */
		since: Type.Optional(Type.String()),
		/** `none`, `gzip`, `zstd`. */
		compression: Type.Optional(Type.String()),
		noPause: Type.Optional(Type.Boolean()),
	}),
	stream: "raw",
	status: 200,
});

/** Make a volume of a tar, the body; the volume is the stream's `aux`. */
export const volumeImport = operation({
	id: "HullVolumeImport",
	method: "POST",
	path: "/hull/volumes/:name/import",
	since: "1.24",
	query: Type.Object({
		/** Apply changes to the volume that is there. */
		onto: Type.Optional(Type.Boolean()),
		/** Take device nodes too. */
		devices: Type.Optional(Type.Boolean()),
		/** The most that the archive's files may hold; default is what is free on the disk. */
		maxBytes: Type.Optional(Type.Integer({ minimum: 0 })),
	}),
	result: Volume,
	stream: "progress",
	status: 200,
});
