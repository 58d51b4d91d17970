import { statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { EngineError, isEngineError, Slots } from "../lib/index.ts";
import { buildMounts } from "./cache/build-mounts.ts";
import { openCache } from "./cache/cache.ts";
import { cacheEntries, measuredSizes, recordedSizes, shortened } from "./cache/entries.ts";
import { openCacheMounts } from "./cache/mounts.ts";
import { planPrune } from "./cache/plan-prune.ts";
import type {
	BuildEvents,
	Builder,
	BuildRecord,
	BuildRequest,
	CacheEntry,
	PruneOptions,
} from "./contract.ts";
import { openHistory } from "./history/history.ts";
import type { BuilderOptions } from "./options.ts";
import type { SolvedStep } from "./solve/context.ts";
import { runBuild, type SharedContext } from "./solve/run-build.ts";
import { SharedRuns } from "./solve/shared-runs.ts";
import { Accounts } from "./steps/accounts.ts";
import { recoverRuns } from "./steps/run/recover.ts";

interface RunningBuild {
	readonly stop: AbortController;
	readonly ended: Promise<unknown>;
}

/** Opens the room; before anything is collected, as it holds what is cached. */
export function createBuilder(options: BuilderOptions): Builder {
	const { metadata, content, snapshots, leases, images, log, archive, dataRoot } = options;
	const cache = openCache({ metadata, content, snapshots, leases, log });
	const mounts = openCacheMounts({ root: join(dataRoot, "builder", "mounts"), metadata, log });
	const shared: SharedContext = {
		...options,
		cache,
		cacheMounts: mounts,
		accounts: new Accounts(archive, snapshots),
		runs: new SharedRuns<SolvedStep>(),
		slots: new Slots(Math.max(2, availableParallelism())),
		copyDigests: new Map(),
	};
	const history = openHistory({ root: join(dataRoot, "builder", "history"), metadata, log });
	const running = new Map<string, RunningBuild>();

	const entriesFrom = { cache, mounts, images, isInUse: () => running.size > 0 };
	const list = async () => cacheEntries(entriesFrom, await measuredSizes(snapshots, content));
	const prune = async (pruneOptions: PruneOptions, found: () => Promise<CacheEntry[]> = list) => {
		const removed: string[] = [];
		let reclaimedBytes = 0;
		const keys = new Map(cache.all().map(({ key }) => [shortened(key), key]));
		for (const entry of planPrune(await found(), pruneOptions, await freeSpace(dataRoot))) {
			if (entry.kind === "mount") {
				if (!(await mounts.remove(entry.id))) continue;
			} else await images.release(cache.remove(keys.get(entry.id)!));
			removed.push(entry.id);
			reclaimedBytes += entry.shared ? 0 : entry.sizeBytes;
		}
		return { removed, reclaimedBytes };
	};
	// After each build: it must not cost what looking at everything costs.
	const recorded = () => cacheEntries(entriesFrom, recordedSizes);
	const keepSize = async () => {
		const { limits, maxAgeMs } = options.cachePolicy;
		if (running.size > 0) return;
		if (maxAgeMs !== undefined) {
			const before = Date.now() - maxAgeMs;
			const isOld = ({ lastUsedAt }: CacheEntry) => Date.parse(lastUsedAt) < before;
			await prune({ all: true, ...unlimited, matches: isOld }, recorded);
		}
		if (Object.values(limits).some((bytes) => bytes > 0))
			await prune({ all: true, ...limits, matches: () => true }, recorded);
	};

	return {
		async build(request, events, signal) {
			if (running.has(request.id))
				throw new EngineError("conflict", `a build ${request.id} is running already`);
			const stop = new AbortController();
			const counts = { total: 0, completed: 0, cached: 0 };
			const record = newRecord(request, counts);
			const recorded = history.begin(record);
			const done = runBuild(shared, request, {
				events: counting(counts, (event) => {
					recorded.add(event);
					events(event);
				}),
				signal: AbortSignal.any([signal, stop.signal]),
			});
			running.set(request.id, { stop, ended: done.catch(() => undefined) });
			let last: BuildRecord = record;
			try {
				const result = await done;
				last = { ...ended(record, "completed"), imageId: result.imageId };
				return result;
			} catch (error) {
				const state = isEngineError(error, "cancelled") ? "cancelled" : "failed";
				const message = error instanceof Error ? error.message : String(error);
				last = { ...ended(record, state), error: message };
				throw error;
			} finally {
				running.delete(request.id);
				recorded.end(last);
				await cache.sync();
				await keepSize();
			}
		},
		cache: list,
		mounts: buildMounts(mounts, archive),
		prune,
		history: () => history.list(),
		events: (id, signal) => history.events(id, signal),
		watchHistory: (signal) => history.watch(signal),
		changeHistory(id, change) {
			if (change === "delete") history.remove(id);
			else history.pin(id, change === "pin");
		},
		cancel(id) {
			const known = running.get(id);
			if (known === undefined) throw new EngineError("not_found", `no such build: ${id}`);
			known.stop.abort(new EngineError("cancelled", "the build was cancelled"));
		},
		recover: () => recoverRuns(options, [options.machines, options.runtime]),
		async close() {
			const builds = [...running.values()];
			for (const { stop } of builds) stop.abort(new EngineError("cancelled", "the engine is shutting down"));
			await Promise.all(builds.map(({ ended: end }) => end));
		},
	};
}

const unlimited = { reservedBytes: 0, maxUsedBytes: 0, minFreeBytes: 0 };

async function freeSpace(folder: string): Promise<{ freeBytes: number }> {
	const { bavail, bsize } = await statfs(folder);
	return { freeBytes: bavail * bsize };
}

function newRecord(request: BuildRequest, steps: BuildRecord["steps"]): BuildRecord {
	const names = request.exports.flatMap((one) => ("names" in one ? one.names : []));
	const startedAt = new Date().toISOString();
	return { id: request.id, name: names[0] ?? request.dockerfile.name, startedAt, state: "running", steps };
}

function ended(record: BuildRecord, state: BuildRecord["state"]): BuildRecord {
	return { ...record, state, endedAt: new Date().toISOString(), steps: { ...record.steps } };
}

function counting(
	counts: { total: number; completed: number; cached: number },
	events: BuildEvents,
): BuildEvents {
	return (event) => {
		if (event.kind === "vertex") counts.total++;
		if (event.kind === "completed") {
			counts.completed++;
			if (event.cached) counts.cached++;
		}
		events(event);
	};
}
