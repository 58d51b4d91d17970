import type { ContainerSummary, ImageSummary, Volume } from "../api/index.ts";
import { callJson } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";

/** How much disk each kind of object takes. */
export interface DiskUsage {
	readonly images: KindUsage<ImageSummary>;
	readonly containers: KindUsage<ContainerSummary>;
	readonly volumes: KindUsage<Volume>;
	readonly buildCache: KindUsage<BuildCacheRecord>;
	/** Kinds that only Hull counts; none from other engines. */
	readonly others: readonly (KindUsage<never> & { readonly type: string })[];
}

export interface KindUsage<Item> {
	readonly total: number;
	readonly active: number;
	readonly bytes: number;
	/** Bytes that removing what is not in use would free. */
	readonly reclaimableBytes: number;
	/** Only when asked for. */
	readonly items: readonly Item[];
}

export interface BuildCacheRecord {
	readonly ID?: string;
	readonly Type?: string;
	readonly Description?: string;
	readonly InUse?: boolean;
	readonly Shared?: boolean;
	readonly Size?: number;
	readonly CreatedAt?: string;
	readonly LastUsedAt?: string;
	readonly UsageCount?: number;
}

/** Engines before API 1.52 give the objects alone; the sums are made of them here, as Docker's client made them. */
export async function systemDataUsage(engine: Engine, query: { verbose?: boolean } = {}): Promise<DiskUsage> {
	const answer = await callJson<Answer | OldAnswer>(engine, { method: "GET", path: "/system/df", query });
	if (!("ImageUsage" in answer)) return summed(answer as OldAnswer);
	return {
		images: kindUsage(answer.ImageUsage),
		containers: kindUsage(answer.ContainerUsage),
		volumes: kindUsage(answer.VolumeUsage),
		buildCache: kindUsage(answer.BuildCacheUsage),
		others: (answer.HullUsage ?? []).map((kind) => ({ ...kindUsage<never>(kind), type: kind.Type })),
	};
}

interface KindAnswer<Item> {
	readonly ActiveCount?: number;
	readonly TotalCount?: number;
	readonly Reclaimable?: number;
	readonly TotalSize?: number;
	readonly Items?: readonly Item[] | null;
}

interface Answer {
	readonly ImageUsage: KindAnswer<ImageSummary>;
	readonly ContainerUsage?: KindAnswer<ContainerSummary>;
	readonly VolumeUsage?: KindAnswer<Volume>;
	readonly BuildCacheUsage?: KindAnswer<BuildCacheRecord>;
	readonly HullUsage?: readonly (KindAnswer<never> & { readonly Type: string })[];
}

interface OldAnswer {
	readonly LayersSize?: number;
	readonly Images?: readonly ImageSummary[] | null;
	readonly Containers?: readonly ContainerSummary[] | null;
	readonly Volumes?: readonly Volume[] | null;
	readonly BuildCache?: readonly BuildCacheRecord[] | null;
}

function kindUsage<Item>(answer: KindAnswer<Item> | undefined): KindUsage<Item> {
	return {
		total: answer?.TotalCount ?? 0,
		active: answer?.ActiveCount ?? 0,
		bytes: answer?.TotalSize ?? 0,
		reclaimableBytes: answer?.Reclaimable ?? 0,
		items: answer?.Items ?? [],
	};
}

function summed(answer: OldAnswer): DiskUsage {
	return {
		images: images(answer.Images ?? [], answer.LayersSize ?? 0),
		containers: containers(answer.Containers ?? []),
		volumes: volumes(answer.Volumes ?? []),
		buildCache: buildCache(answer.BuildCache ?? []),
		others: [],
	};
}

/** Layers are shared: what is in use is the sum of what used images have for themselves. */
function images(items: readonly ImageSummary[], bytes: number): KindUsage<ImageSummary> {
	const used = items.filter(({ Containers = 0 }) => Containers > 0);
	const usedBytes = sum(used, ({ Size = 0, SharedSize = 0 }) => Size - Math.max(0, SharedSize));
	const reclaimableBytes = Math.max(0, bytes - usedBytes);
	return { total: items.length, active: used.length, bytes, reclaimableBytes, items };
}

const activeStates = ["running", "paused", "restarting"];

function containers(items: readonly ContainerSummary[]): KindUsage<ContainerSummary> {
	const active = items.filter(({ State = "" }) => activeStates.includes(State));
	const bytes = sum(items, ({ SizeRw = 0 }) => SizeRw);
	const reclaimableBytes = bytes - sum(active, ({ SizeRw = 0 }) => SizeRw);
	return { total: items.length, active: active.length, bytes, reclaimableBytes, items };
}

function volumes(items: readonly Volume[]): KindUsage<Volume> {
	const sized = items.filter(({ UsageData }) => (UsageData?.Size ?? -1) >= 0);
	const unused = sized.filter(({ UsageData }) => UsageData?.RefCount === 0);
	const active = items.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) > 0).length;
	const bytes = sum(sized, ({ UsageData }) => UsageData?.Size ?? 0);
	const reclaimableBytes = sum(unused, ({ UsageData }) => UsageData?.Size ?? 0);
	return { total: items.length, active, bytes, reclaimableBytes, items };
}

function buildCache(items: readonly BuildCacheRecord[]): KindUsage<BuildCacheRecord> {
	const own = items.filter(({ Shared }) => !Shared);
	const active = items.filter(({ InUse }) => InUse).length;
	const bytes = sum(own, ({ Size = 0 }) => Size);
	const unused = own.filter(({ InUse }) => !InUse);
	return { total: items.length, active, bytes, reclaimableBytes: sum(unused, ({ Size = 0 }) => Size), items };
}

function sum<Item>(items: readonly Item[], bytes: (item: Item) => number): number {
	return items.reduce((total, item) => total + bytes(item), 0);
}
