import type { HullBuildEvent, HullBuildRecord } from "../../../api/index.ts";
import type { BuildEvent, Builder, BuildRecord } from "../../../builder/index.ts";
import { EngineError } from "../../../lib/index.ts";
import type { BuildBackend } from "../../../server/index.ts";
import { cacheFilter } from "./cache-filter.ts";
import { classicBuild } from "./classic-build.ts";
import { eventLine } from "./event-line.ts";
import { hullBuild } from "./hull-build.ts";
import type { BuildRooms } from "./rooms.ts";

/** Builds, as the routes want them. */
export function buildBackend(rooms: BuildRooms): BuildBackend {
	const { builder, events } = rooms;
	return {
		build: (call, emit, signal) => classicBuild(rooms, call, { emit, signal }),
		hullBuild: (call, signal) => hullBuild(rooms, call, signal),
		cancel: (id) => builder.cancel(id),
		async prune({ filters, ...limits }) {
			const { removed, reclaimedBytes } = await builder.prune({
				...limits,
				matches: cacheFilter(filters),
			});
			events.publish("builder", "prune", "", { reclaimed: String(reclaimedBytes) });
			return { CachesDeleted: [...removed], SpaceReclaimed: reclaimedBytes };
		},
		async mounts() {
			return (await builder.mounts.list()).map((mount) => ({
				...{ Id: mount.id, Name: mount.name, Size: mount.sizeBytes, CreatedAt: mount.createdAt },
				...{ LastUsedAt: mount.lastUsedAt, UsageCount: mount.useCount, InUse: mount.isInUse },
			}));
		},
		exportMount: (id, signal) => builder.mounts.export(id, signal),
		importMount: (id, archive, signal) => builder.mounts.import(id, archive, signal),
		removeMount: (id) => builder.mounts.remove(id),
		list: () => builder.history().map(recordAnswer),
		inspect: (id) => recordAnswer(findRecord(builder, id)),
		events: (id, signal) => eventLines(builder.events(findRecord(builder, id).id, signal)),
	};
}

async function* eventLines(events: AsyncIterable<BuildEvent>): AsyncGenerator<HullBuildEvent> {
	for await (const event of events) yield eventLine(event);
}

/** By id or the beginning of one. */
function findRecord(builder: Builder, id: string): BuildRecord {
	const records = builder.history();
	const found = records.filter((record) => record.id === id || (id !== "" && record.id.startsWith(id)));
	const record = found.find((one) => one.id === id) ?? found[0];
	if (record === undefined) throw new EngineError("not_found", `no such build: ${id}`);
	if (found.length > 1 && record.id !== id)
		throw new EngineError("invalid_argument", `more than one build begins with ${id}`);
	return record;
}

function recordAnswer(record: BuildRecord): HullBuildRecord {
	const { total, completed, cached } = record.steps;
	return {
		Id: record.id,
		Name: record.name,
		StartedAt: record.startedAt,
		State: record.state,
		Steps: { Total: total, Completed: completed, Cached: cached },
		...(record.endedAt === undefined ? {} : { EndedAt: record.endedAt }),
		...(record.error === undefined ? {} : { Error: record.error }),
		...(record.isPinned === true ? { Pinned: true } : {}),
		...(record.imageId === undefined ? {} : { ImageId: record.imageId }),
	};
}
