import type { ImageRecord } from "../../images/index.ts";
import type { Holdings } from "../disk/holdings.ts";
import type { CollectionPolicy, Mark } from "./policy.ts";

/** What there is to decide on. */
export interface CollectionInput {
	readonly policy: CollectionPolicy;
	readonly nowMs: number;
	readonly images: readonly ImageRecord[];
	/** True for what a container stands on. */
	readonly isUsed: (image: ImageRecord) => boolean;
	/** True for what the policy keeps by its name. */
	readonly isKept: (image: ImageRecord) => boolean;
	readonly holdings: Holdings;
	/** The file system's bytes, all that is on it. */
	readonly disk: { readonly totalBytes: number; readonly usedBytes: number };
}

export interface CollectionPlan {
	/** In the order they go: used longest ago first. */
	readonly removals: readonly PlannedRemoval[];
	readonly freedBytes: number;
	/** False when all that may go does not reach the lower mark. */
	readonly reachesLowMark: boolean;
}

export interface PlannedRemoval {
	readonly image: ImageRecord;
	readonly lastUsedMs: number;
	readonly reason: "age" | "space";
	/** What its going frees after those before it. */
	readonly freedBytes: number;
}

/** Pure. What is used, kept by name, or was used within `minAgeMs` never goes. */
export function planCollection(input: CollectionInput): CollectionPlan {
	const { policy, nowMs, images, holdings } = input;
	const candidates = images
		.filter((image) => !input.isUsed(image) && !input.isKept(image))
		.map((image) => ({ image, lastUsedMs: lastUseOf(image) }))
		.filter(({ lastUsedMs }) => nowMs - lastUsedMs >= policy.minAgeMs)
		.sort((one, other) => one.lastUsedMs - other.lastUsedMs);
	const left = new Set(images);
	const bytesLeft = () => holdings.keptBytes({ images: [...left], containers: () => true });
	const removals: PlannedRemoval[] = [];
	let before = total(bytesLeft());
	const start = before;
	const overflows = policy.marks !== undefined && isAbove(policy.marks.high, input, 0);
	const isStillFull = () =>
		overflows && policy.marks !== undefined && isAbove(policy.marks.low, input, start - before);
	for (const { image, lastUsedMs } of candidates) {
		const isOld = policy.maxAgeMs !== undefined && nowMs - lastUsedMs >= policy.maxAgeMs;
		if (!isOld && !isStillFull()) continue;
		// What others were made from goes after them, if they go.
		if ([...left].some(({ parent }) => parent === image.id)) continue;
		left.delete(image);
		const after = total(bytesLeft());
		removals.push({ image, lastUsedMs, reason: isOld ? "age" : "space", freedBytes: before - after });
		before = after;
	}
	return { removals, freedBytes: start - before, reachesLowMark: !isStillFull() };
}

/** The last that is known of: pulled or made, named, used. */
export function lastUseOf({ storedAt, lastTaggedAt, lastUsedAt }: ImageRecord): number {
	const times = [storedAt, lastTaggedAt, lastUsedAt].map((time) =>
		time === undefined ? 0 : Date.parse(time),
	);
	return Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
}

function total({ bytes, machineBytes }: { bytes: number; machineBytes: number }): number {
	return bytes + machineBytes;
}

function isAbove(mark: Mark, { holdings, disk }: CollectionInput, freedBytes: number): boolean {
	if (mark.kind === "bytes") return holdings.totalBytes + holdings.machine.bytes - freedBytes > mark.bytes;
	return ((disk.usedBytes - freedBytes) / disk.totalBytes) * 100 > mark.percent;
}
