import { type Static, Type } from "typebox";

/** A collection of images, or with `DryRun` what it would do now. */
export const HullCollection = Type.Object({
	DryRun: Type.Boolean(),
	/** In the order they go. */
	Images: Type.Array(
		Type.Object({
			Id: Type.String(),
			Names: Type.Array(Type.String()),
			LastUsed: Type.String(),
			/** `age`: not used for too long; `space`: the disk is full and it was used longest ago. */
			Reason: Type.String(),
			/** Bytes that its going frees after those before it. */
			Size: Type.Integer(),
		}),
	),
	SpaceReclaimed: Type.Integer(),
	/** False when all that may go does not bring the disk below the lower mark. */
	ReachesLowWater: Type.Boolean(),
});
export type HullCollection = Static<typeof HullCollection>;

/** What a prune would remove now. */
export const HullPrunePlan = Type.Object({
	Containers: Type.Array(Type.Object({ Id: Type.String(), Name: Type.String(), Size: Type.Integer() })),
	Volumes: Type.Array(Type.Object({ Name: Type.String(), Size: Type.Integer() })),
	Images: Type.Array(Type.Object({ Id: Type.String(), Names: Type.Array(Type.String()) })),
	SpaceReclaimed: Type.Integer(),
});
export type HullPrunePlan = Static<typeof HullPrunePlan>;
