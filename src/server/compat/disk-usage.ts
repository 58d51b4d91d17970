import type { SystemDataUsageResponse } from "../../api/index.ts";
import { type ApiVersion, isBefore } from "../api-version.ts";
import type { DiskUsage } from "../backends.ts";

/** `GET /system/df` as flat lists, or from 1.52 on as one summary per kind, with the lists when `verbose`. */
export function adaptDiskUsage(
	usage: DiskUsage,
	version: ApiVersion,
	verbose: boolean,
): SystemDataUsageResponse {
	const { ReclaimableLayersSize: reclaimable = 0, ...flat } = usage;
	if (isBefore(version, "1.52")) return flat;
	return {
		ImageUsage:
			usage.Images && imageUsage(usage.Images, { bytes: usage.LayersSize ?? 0, reclaimable, verbose }),
		ContainerUsage: usage.Containers && containerUsage(usage.Containers, verbose),
		VolumeUsage: usage.Volumes && volumeUsage(usage.Volumes, verbose),
		BuildCacheUsage: usage.BuildCache && cacheUsage(usage.BuildCache, verbose),
		HullUsage: usage.HullUsage,
	};
}

function imageUsage(
	images: NonNullable<DiskUsage["Images"]>,
	{ bytes, reclaimable, verbose }: { bytes: number; reclaimable: number; verbose: boolean },
) {
	return {
		ActiveCount: images.filter((image) => (image.Containers ?? 0) > 0).length,
		TotalCount: images.length,
		Reclaimable: reclaimable,
		TotalSize: bytes,
		...(verbose ? { Items: images } : {}),
	};
}

function containerUsage(containers: NonNullable<DiskUsage["Containers"]>, verbose: boolean) {
	const active = containers.filter((container) =>
		["running", "paused", "restarting"].includes(container.State ?? ""),
	);
	const total = sum(containers, (container) => container.SizeRw ?? 0);
	return {
		ActiveCount: active.length,
		TotalCount: containers.length,
		Reclaimable: total - sum(active, (container) => container.SizeRw ?? 0),
		TotalSize: total,
		...(verbose ? { Items: containers } : {}),
	};
}

function volumeUsage(volumes: NonNullable<DiskUsage["Volumes"]>, verbose: boolean) {
	const active = volumes.filter((volume) => (volume.UsageData?.RefCount ?? 0) > 0);
	const bytes = (volume: (typeof volumes)[number]) => Math.max(0, volume.UsageData?.Size ?? 0);
	const total = sum(volumes, bytes);
	return {
		ActiveCount: active.length,
		TotalCount: volumes.length,
		Reclaimable: total - sum(active, bytes),
		TotalSize: total,
		...(verbose ? { Items: volumes } : {}),
	};
}

/** What is shared is counted with the images that have it. */
function cacheUsage(items: NonNullable<DiskUsage["BuildCache"]>, verbose: boolean) {
	const own = items.filter(({ Shared }) => !Shared);
	return {
		ActiveCount: items.filter(({ InUse }) => InUse).length,
		TotalCount: items.length,
		Reclaimable: sum(
			own.filter(({ InUse }) => !InUse),
			({ Size }) => Size,
		),
		TotalSize: sum(own, ({ Size }) => Size),
		...(verbose ? { Items: items } : {}),
	};
}

function sum<Item>(items: readonly Item[], bytesOf: (item: Item) => number): number {
	return items.reduce((total, item) => total + bytesOf(item), 0);
}
