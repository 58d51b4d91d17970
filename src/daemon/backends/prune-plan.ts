import type { HullPrunePlan } from "../../api/index.ts";
import { type FilterValues, matchesLabels, parseBoolean } from "../../api/syntax.ts";
import type { ImageRecord } from "../../images/index.ts";
import { namesOf } from "../../images/index.ts";
import { EngineError } from "../../lib/index.ts";
import { holdingsOf } from "../disk/holdings.ts";
import { measureDisk } from "../disk/measure.ts";
import type { UsageRooms } from "../disk/usage.ts";
import { familiar } from "./image-answers.ts";
import { prunableImage } from "./prunable-image.ts";

const commonKeys = ["label", "label!", "until"];
const namedImageKeys = ["before", "reference", "since"];

/**
 * What prunes would remove, one after another: an image or a volume that only a container holds goes when the container
 * goes. Filters that a kind does not know are the others'; one that none of them knows is `invalid_argument`.
 */
export async function planPrune(
	rooms: UsageRooms,
	kinds: readonly string[],
	filters: FilterValues,
): Promise<HullPrunePlan> {
	refuseUnknown(kinds, filters);
	const measure = await measureDisk(rooms);
	const containers = kinds.includes("container") ? rooms.containers.prunable(only(filters, commonKeys)) : [];
	const gone = new Set(containers.map(({ id }) => id));
	const volumes = kinds.includes("volume") ? prunableVolumes(rooms, gone, filters) : [];
	const images = kinds.includes("image") ? prunableImages(rooms, gone, filters) : [];
	const holdings = holdingsOf(rooms.images.list(), measure);
	const before = holdings.keptBytes({ images: rooms.images.list(), containers: () => true });
	const after = holdings.keptBytes({
		images: rooms.images.list().filter((image) => !images.includes(image)),
		containers: (key) => !gone.has(key),
	});
	const containerBytes = (id: string) =>
		(measure.active.get(id)?.bytes ?? 0) + (measure.folders.get(id) ?? 0) + (measure.logs.get(id) ?? 0);
	const plan = {
		Containers: containers.map(({ id, name }) => ({ Id: id, Name: name, Size: containerBytes(id) })),
		Volumes: volumes.map((name) => ({ Name: name, Size: measure.volumes.get(name) ?? 0 })),
		Images: images.map((image) => ({ Id: image.id, Names: namesOf(image).map(familiar) })),
	};
	const imageBytes = before.bytes + before.machineBytes - after.bytes - after.machineBytes;
	return { ...plan, SpaceReclaimed: sizes(plan.Containers) + sizes(plan.Volumes) + imageBytes };
}

function prunableVolumes(
	{ volumes, volumeCopies }: UsageRooms,
	gone: ReadonlySet<string>,
	filters: FilterValues,
): string[] {
	const all = parseBoolean("all", filters.get("all")) ?? false;
	const labels = only(filters, ["label", "label!"]);
	return volumes
		.list()
		.filter((volume) => all || volume.anonymous)
		.filter(({ name }) => volumeCopies.list(name).length === 0)
		.filter(({ name }) => volumes.usersOf(name).every((id) => gone.has(id)))
		.filter((volume) => matchesLabels(volume.labels, labels))
		.map(({ name }) => name);
}

function prunableImages(
	{ images, containers }: UsageRooms,
	gone: ReadonlySet<string>,
	filters: FilterValues,
) {
	const matches = prunableImage(images, only(filters, [...commonKeys, "dangling", ...namedImageKeys]));
	const isUsed = ({ id }: ImageRecord) =>
		containers.usersOfImage(id).some(({ containerId }) => !gone.has(containerId));
	const left = new Set(images.list());
	const unnamed = new Set<ImageRecord>();
	const isNameless = (image: ImageRecord) => unnamed.has(image) || namesOf(image).length === 0;
	const isParent = ({ id }: ImageRecord) => [...left].some(({ parent }) => parent === id);
	const removed: ImageRecord[] = [];
	const remove = (image: ImageRecord) => {
		if (isParent(image) || isUsed(image)) return;
		left.delete(image);
		removed.push(image);
		// What it was made from goes with it when it has no name.
		const parent = [...left].find(({ id }) => id === image.parent);
		if (parent !== undefined && isNameless(parent)) remove(parent);
	};
	for (const image of images.list()) {
		if (!left.has(image) || isUsed(image) || !matches(image)) continue;
		if (isNameless(image) && isParent(image)) continue;
		unnamed.add(image);
		remove(image);
	}
	return removed;
}

function refuseUnknown(kinds: readonly string[], filters: FilterValues): void {
	// Names of images mean nothing to the prunes of other kinds, which would refuse them.
	const own = kinds.length === 1 && kinds[0] === "image" ? namedImageKeys : [];
	const known = [...commonKeys, "all", "dangling", ...own];
	for (const key of filters.keys())
		if (!known.includes(key)) throw new EngineError("invalid_argument", `invalid filter '${key}'`);
}

function only(filters: FilterValues, keys: readonly string[]): FilterValues {
	return new Map([...filters].filter(([key]) => keys.includes(key)));
}

function sizes(items: readonly { readonly Size: number }[]): number {
	return items.reduce((sum, { Size }) => sum + Size, 0);
}
