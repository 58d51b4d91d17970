/** The build cache, looked at and pruned. */
import type { Builder, CacheEntry } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { DiskUsageRequest, PruneRequest, UsageRecord } from "../proto/control.ts";
import { timestamp } from "../proto/types.ts";
import type { Decoded } from "../wire/message.ts";

export async function diskUsage(
	builder: Builder,
	request: Decoded<typeof DiskUsageRequest>,
): Promise<{ record: Partial<Decoded<typeof UsageRecord>>[] }> {
	const matches = parseFilters(request.filter);
	const oldEnough = unusedFor(request.ageLimit);
	const entries = await builder.cache();
	return { record: entries.filter((entry) => matches(entry) && oldEnough(entry)).map(usageRecord) };
}

export async function* prune(
	builder: Builder,
	request: Decoded<typeof PruneRequest>,
): AsyncGenerator<Partial<Decoded<typeof UsageRecord>>> {
	const { reservedBytes, maxUsedBytes, minFreeBytes } = request;
	if (Math.min(reservedBytes, maxUsedBytes, minFreeBytes) < 0)
		throw new EngineError("invalid_argument", "a limit of the cache is below zero");
	const matches = parseFilters(request.filter);
	const oldEnough = unusedFor(request.keepDuration);
	const before = new Map((await builder.cache()).map((entry) => [entry.id, entry]));
	const { removed } = await builder.prune({
		all: request.all,
		...{ reservedBytes, maxUsedBytes, minFreeBytes },
		matches: (entry) => matches(entry) && oldEnough(entry),
	});
	for (const id of removed) {
		const entry = before.get(id);
		if (entry !== undefined) yield usageRecord(entry);
	}
}

/** Nanoseconds; 0: all. */
function unusedFor(durationNanos: number): (entry: CacheEntry) => boolean {
	const before = Date.now() - durationNanos / 1e6;
	return (entry) => durationNanos === 0 || Date.parse(entry.lastUsedAt) < before;
}

const recordTypes = { step: "regular", mount: "exec.cachemount", source: "source.local" } as const;

function usageRecord(entry: CacheEntry): Partial<Decoded<typeof UsageRecord>> {
	return {
		id: entry.id,
		mutable: entry.kind === "mount",
		inUse: entry.inUse,
		size: entry.sizeBytes,
		createdAt: timestamp(Date.parse(entry.createdAt)),
		lastUsedAt: timestamp(Date.parse(entry.lastUsedAt)),
		usageCount: entry.useCount,
		description: entry.description,
		recordType: recordTypes[entry.kind],
		shared: entry.shared,
		parents: entry.parents,
	};
}

/**
 * containerd's filters as BuildKit has them: one of the list must hold, in each all conditions between its commas:
 * `field`, `field==value`, `field!=value`, `field~=expression`.
 */
function parseFilters(filters: readonly string[]): (entry: CacheEntry) => boolean {
	const alternatives = filters
		.filter((filter) => filter !== "")
		.map((filter) => filter.split(",").map(parseCondition));
	return (entry) =>
		alternatives.length === 0 ||
		alternatives.some((conditions) => conditions.every((condition) => condition(entry)));
}

function parseCondition(text: string): (entry: CacheEntry) => boolean {
	const [, name, operator, quoted] =
		/^\s*([a-z]+)\s*(?:(==|!=|~=)\s*(.*?))?\s*$/s.exec(text) ?? refuseFilter(text);
	const value = (quoted ?? "").replace(/^"(.*)"$/s, "$1");
	const read = fields[name!] ?? refuseFilter(text);
	if (operator === undefined) return (entry) => read(entry).some((one) => one !== "" && one !== "false");
	if (operator === "==") return (entry) => read(entry).includes(value);
	if (operator === "!=") return (entry) => !read(entry).includes(value);
	// An expression of a client could take hours; what they are used for is a part of a name.
	if (/[[\](){}*+?|\\^$.]/.test(value.replaceAll(".*", "")))
		throw new EngineError("not_implemented", `filter ${text}: only plain text is supported after ~=`);
	return (entry) => read(entry).some((one) => one.includes(value.replaceAll(".*", "")));
}

const fields: Readonly<Record<string, (entry: CacheEntry) => readonly string[]>> = {
	id: ({ id }) => [id],
	parent: ({ parents }) => parents,
	parents: ({ parents }) => parents,
	description: ({ description }) => [description],
	inuse: ({ inUse }) => [String(inUse)],
	mutable: ({ kind }) => [String(kind === "mount")],
	immutable: ({ kind }) => [String(kind !== "mount")],
	type: ({ kind }) => [recordTypes[kind]],
	shared: ({ shared }) => [String(shared)],
	private: ({ shared }) => [String(!shared)],
};

function refuseFilter(text: string): never {
	throw new EngineError("invalid_argument", `filter ${JSON.stringify(text)} is not understood`);
}
