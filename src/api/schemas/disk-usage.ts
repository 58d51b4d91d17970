import { type Static, Type } from "typebox";
import { BuildCacheItem } from "./build.ts";
import { ContainerSummary } from "./container.ts";
import { ImageSummary } from "./image.ts";
import { Volume } from "./volume.ts";

/** One kind of object in `GET /system/df`, API 1.52 and newer. */
function usageOf<Item extends ReturnType<typeof Type.Object>>(item: Item) {
	return Type.Object({
		ActiveCount: Type.Optional(Type.Integer()),
		TotalCount: Type.Optional(Type.Integer()),
		/** Bytes that a prune would free. */
		Reclaimable: Type.Optional(Type.Integer()),
		TotalSize: Type.Optional(Type.Integer()),
		/** Only with `verbose`. */
		Items: Type.Optional(Type.Array(item)),
	});
}

/**
 * `GET /system/df`. API 1.52 groups by kind (`ImageUsage`, …); older clients read the flat lists (`Images`, …).
 */
export const SystemDataUsageResponse = Type.Object({
	ContainerUsage: Type.Optional(usageOf(ContainerSummary)),
	ImageUsage: Type.Optional(usageOf(ImageSummary)),
	VolumeUsage: Type.Optional(usageOf(Volume)),
	BuildCacheUsage: Type.Optional(usageOf(BuildCacheItem)),
	LayersSize: Type.Optional(Type.Integer()),
	Images: Type.Optional(Type.Array(ImageSummary)),
	Containers: Type.Optional(Type.Array(ContainerSummary)),
	Volumes: Type.Optional(Type.Array(Volume)),
	BuildCache: Type.Optional(Type.Array(BuildCacheItem)),
	/** Kinds that Docker does not count. With them the kinds add up to the whole data root. */
	HullUsage: Type.Optional(
		Type.Array(
			Type.Object({
				Type: Type.String(),
				TotalCount: Type.Integer(),
				ActiveCount: Type.Integer(),
				TotalSize: Type.Integer(),
				Reclaimable: Type.Integer(),
			}),
		),
	),
});
export type SystemDataUsageResponse = Static<typeof SystemDataUsageResponse>;
