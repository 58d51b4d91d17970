import type { SystemDataUsageResponse } from "../../api/index.ts";
import { type ApiVersion, isBefore } from "../api-version.ts";
import type { DiskUsage } from "../backends.ts";

/** `GET /system/df` as flat lists, or from 1.52 on as one summary per kind, with the lists when `verbose`. */
export function adaptDiskUsage(
	usage: DiskUsage,
	version: ApiVersion,
	verbose: boolean,
): SystemDataUsageResponse {
	if (isBefore(version, "1.52")) return usage;
	return {
		ImageUsage: usage.Images && imageUsage(usage.Images, usage.LayersSize ?? 0, verbose),
		ContainerUsage: usage.Containers && containerUsage(usage.Containers, verbose),
		VolumeUsage: usage.Volumes && volumeUsage(usage.Volumes, verbose),
		BuildCacheUsage: usage.BuildCache && { ActiveCount: 0, TotalCount: 0, Reclaimable: 0, TotalSize: 0 },
	};
}

function imageUsage(images: NonNullable<DiskUsage["Images"]>, layersBytes: number, verbose: boolean) {
	const used = images.filter((image) => (image.Containers ?? 0) > 0);
	// What used images share is counted once, with the layers; an estimate that never exceeds what is there.
	const usedBytes = sum(used, (image) => (image.Size ?? 0) - Math.max(0, image.SharedSize ?? 0));
	return {
		ActiveCount: used.length,
		TotalCount: images.length,
		Reclaimable: Math.max(0, layersBytes - usedBytes),
		TotalSize: layersBytes,
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

function sum<Item>(items: readonly Item[], bytesOf: (item: Item) => number): number {
	return items.reduce((total, item) => total + bytesOf(item), 0);
}
