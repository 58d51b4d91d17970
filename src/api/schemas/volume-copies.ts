import { type Static, Type } from "typebox";

const Labels = Type.Record(Type.String(), Type.String());

/** A volume's content as it was. */
export const HullVolumeSnapshot = Type.Object({
	Id: Type.String(),
	Name: Type.String(),
	Volume: Type.String(),
	/** RFC 3339. */
	Created: Type.String(),
	Labels,
	/** Its blocks are the volume's own, until one of the two is written to. */
	Shared: Type.Boolean(),
	/** Bytes on the disk, shared ones too; -1 when not counted. */
	Size: Type.Integer(),
});
export type HullVolumeSnapshot = Static<typeof HullVolumeSnapshot>;

export const HullVolumeSnapshotRequest = Type.Object({
	/** Made up when absent. */
	Name: Type.Optional(Type.String()),
	Labels: Type.Optional(Labels),
	/** Do not hold containers still that write to the volume. */
	NoPause: Type.Optional(Type.Boolean()),
});
export type HullVolumeSnapshotRequest = Static<typeof HullVolumeSnapshotRequest>;

export const HullVolumeRestoreRequest = Type.Object({ Snapshot: Type.String() });
export type HullVolumeRestoreRequest = Static<typeof HullVolumeRestoreRequest>;

export const HullVolumeCloneRequest = Type.Object({
	Name: Type.String(),
	/** Of this snapshot instead of the volume as it is. */
	Snapshot: Type.Optional(Type.String()),
	/** Instead of the volume's own. */
	Labels: Type.Optional(Labels),
	NoPause: Type.Optional(Type.Boolean()),
});
export type HullVolumeCloneRequest = Static<typeof HullVolumeCloneRequest>;

export const HullVolumeRenameRequest = Type.Object({ Name: Type.String() });
export type HullVolumeRenameRequest = Static<typeof HullVolumeRenameRequest>;

export const HullVolumeSnapshotPruneResponse = Type.Object({
	Snapshots: Type.Array(HullVolumeSnapshot),
	SpaceReclaimed: Type.Integer(),
});
export type HullVolumeSnapshotPruneResponse = Static<typeof HullVolumeSnapshotPruneResponse>;
