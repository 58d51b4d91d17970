import type { ContainerSummary } from "../../api/index.ts";
import type { Builder, CacheEntry } from "../../builder/index.ts";
import type { Containers } from "../../containers/index.ts";
import type { Images } from "../../images/index.ts";
import type { DiskUsage } from "../../server/index.ts";
import type { VolumeCopies } from "../../volumes/index.ts";
import { cacheItem } from "../backends/build/cache-item.ts";
import { imageSummary } from "../backends/image-answers.ts";
import { toVolume } from "../backends/volumes.ts";
import { type Holdings, holdingsOf } from "./holdings.ts";
import { type DiskMeasure, type MeasuredRooms, measureDisk } from "./measure.ts";

export interface UsageRooms extends MeasuredRooms {
	readonly images: Images;
	readonly containers: Containers;
	readonly volumeCopies: VolumeCopies;
	readonly builder: Pick<Builder, "cache">;
}

/**
 * `/system/df`. All sizes are what is taken on the disk, as du(1) counts it; an image's are its layers and its blobs.
 * The kinds, Docker's and our own, add up to the whole data root.
 */
export async function diskUsage(rooms: UsageRooms, kinds: readonly string[]): Promise<DiskUsage> {
	const wants = (kind: string) => kinds.length === 0 || kinds.includes(kind);
	const measure = await measureDisk(rooms);
	const containers = await rooms.containers.list({ all: true, limit: 0, size: false, filters: new Map() });
	const holdings = holdingsOf(rooms.images.list(), measure);
	const cache = await rooms.builder.cache();
	return {
		...(wants("image") ? imageUsage(rooms, holdings, ownBytes(cache, "step")) : {}),
		...(wants("container") ? { Containers: withSizes(rooms, containers, measure) } : {}),
		...(wants("volume") ? { Volumes: volumeUsage(rooms, measure) } : {}),
		...(wants("build-cache") ? { BuildCache: cache.map(cacheItem) } : {}),
		...(kinds.length === 0 ? { HullUsage: ownUsage(rooms, { containers, measure, holdings, cache }) } : {}),
	};
}

/** What the build cache has alone. */
function ownBytes(cache: readonly CacheEntry[], kind: CacheEntry["kind"]): number {
	return cache.reduce((sum, entry) => sum + (entry.kind === kind && !entry.shared ? entry.sizeBytes : 0), 0);
}

function imageUsage({ images, containers }: UsageRooms, holdings: Holdings, cacheBytes: number) {
	const list = images.list();
	return {
		LayersSize: Math.max(0, holdings.totalBytes - cacheBytes),
		ReclaimableLayersSize: reclaimable({ images, containers }, holdings).bytes,
		Images: list.map((image) => {
			const { bytes, sharedBytes } = holdings.imageBytes(image);
			const users = containers.usersOfImage(image.id).length;
			return { ...imageSummary(image, { containers: users, sharedSize: sharedBytes }), Size: bytes };
		}),
	};
}

/** What a prune of all images that no container uses would free. What a pull brings just now is not among it. */
function reclaimable({ images, containers }: Pick<UsageRooms, "images" | "containers">, holdings: Holdings) {
	const used = images.list().filter((image) => containers.usersOfImage(image.id).length > 0);
	const all = holdings.keptBytes({ images: images.list(), containers: () => true });
	const kept = holdings.keptBytes({ images: used, containers: () => true });
	return {
		bytes: all.bytes - kept.bytes,
		machineBytes: all.machineBytes - kept.machineBytes,
		keptMachines: kept.machines,
	};
}

function withSizes(
	{ images }: UsageRooms,
	containers: readonly ContainerSummary[],
	measure: DiskMeasure,
): ContainerSummary[] {
	return containers.map((container) => {
		const id = container.Id ?? "";
		const bytes = (measure.active.get(id)?.bytes ?? 0) + (measure.folders.get(id) ?? 0);
		const image = images.find(container.ImageID ?? "");
		return { ...container, SizeRw: bytes, SizeRootFs: bytes + (image?.sizeBytes ?? 0) };
	});
}

function volumeUsage({ volumes }: UsageRooms, measure: DiskMeasure) {
	return volumes.list().map((volume) => ({
		...toVolume(volume),
		UsageData: {
			Size: measure.volumes.get(volume.name) ?? 0,
			RefCount: volumes.usersOf(volume.name).length,
		},
	}));
}

const activeStates: readonly (string | undefined)[] = ["running", "paused", "restarting"];

interface OwnParts {
	readonly containers: readonly ContainerSummary[];
	readonly measure: DiskMeasure;
	readonly holdings: Holdings;
	readonly cache: readonly CacheEntry[];
}

/** Kinds that Docker has no word for. */
function ownUsage(
	rooms: UsageRooms,
	{ containers, measure, holdings, cache }: OwnParts,
): DiskUsage["HullUsage"] {
	const active = new Set(
		containers.filter(({ State }) => activeStates.includes(State)).map(({ Id = "" }) => Id),
	);
	const logs = [...measure.logs].filter(([, bytes]) => bytes > 0);
	const idleLogs = logs.filter(([id]) => !active.has(id));
	const free = reclaimable(rooms, holdings);
	return [
		{
			Type: "Container Logs",
			TotalCount: logs.length,
			ActiveCount: logs.length - idleLogs.length,
			TotalSize: sum(logs),
			Reclaimable: sum(idleLogs),
		},
		{
			Type: "VM Images",
			TotalCount: holdings.machine.count,
			ActiveCount: free.keptMachines,
			TotalSize: holdings.machine.bytes,
			Reclaimable: free.machineBytes,
		},
		{
			Type: "Volume Snapshots",
			TotalCount: rooms.volumeCopies.list().length,
			ActiveCount: 0,
			TotalSize: measure.volumeSnapshotBytes,
			Reclaimable: measure.volumeSnapshotBytes,
		},
		{
			Type: "Engine",
			TotalCount: 1,
			ActiveCount: 1,
			TotalSize: Math.max(0, measure.engineBytes - ownBytes(cache, "mount")),
			Reclaimable: 0,
		},
	];
}

function sum(entries: readonly (readonly [string, number])[]): number {
	return entries.reduce((total, [, bytes]) => total + bytes, 0);
}
