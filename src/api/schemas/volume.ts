import { type Static, Type } from "typebox";

export const Volume = Type.Object({
	Name: Type.Optional(Type.String()),
	Driver: Type.Optional(Type.String()),
	Mountpoint: Type.Optional(Type.String()),
	CreatedAt: Type.Optional(Type.String()),
	Status: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()))),
	Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
	Scope: Type.Optional(Type.String()),
	ClusterVolume: Type.Optional(Type.Unknown()),
	Options: Type.Optional(Type.Record(Type.String(), Type.String())),
	UsageData: Type.Optional(
		Type.Object({
			Size: Type.Optional(Type.Integer()),
			RefCount: Type.Optional(Type.Integer()),
		}),
	),
});
export type Volume = Static<typeof Volume>;

export const VolumeCreateRequest = Type.Object({
	Name: Type.Optional(Type.String()),
	Driver: Type.Optional(Type.String()),
	DriverOpts: Type.Optional(Type.Record(Type.String(), Type.String())),
	Labels: Type.Optional(Type.Record(Type.String(), Type.String())),
	ClusterVolumeSpec: Type.Optional(Type.Unknown()),
});
export type VolumeCreateRequest = Static<typeof VolumeCreateRequest>;

export const VolumeListResponse = Type.Object({
	Volumes: Type.Optional(Type.Array(Volume)),
	Warnings: Type.Optional(Type.Array(Type.String())),
});
export type VolumeListResponse = Static<typeof VolumeListResponse>;

export const VolumePruneResponse = Type.Object({
	VolumesDeleted: Type.Optional(Type.Array(Type.String())),
	SpaceReclaimed: Type.Optional(Type.Integer()),
});
export type VolumePruneResponse = Static<typeof VolumePruneResponse>;
