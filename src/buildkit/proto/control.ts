/** `moby.buildkit.v1.Control` (BuildKit, api/services/control/control.proto): builds, cache, workers, history. */
import { bool, bytes, field, integer, list, map, message, nested, string, uint32 } from "../wire/message.ts";
import { Definition, Platform, Range, SourceInfo, Status, Timestamp } from "./types.ts";

const BuildkitVersion = message({
	package: field(1, string),
	version: field(2, string),
	revision: field(3, string),
});
export const GcPolicy = message({
	all: field(1, bool),
	keepDuration: field(2, integer),
	keepBytes: field(3, integer),
	filters: field(4, list(string)),
});
export const WorkerRecord = message({
	id: field(1, string),
	labels: field(2, map(string)),
	platforms: field(3, list(nested(Platform))),
	gcPolicy: field(4, list(nested(GcPolicy))),
	buildkitVersion: field(5, nested(BuildkitVersion)),
});
export const ListWorkersRequest = message({ filter: field(1, list(string)) });
export const ListWorkersResponse = message({ record: field(1, list(nested(WorkerRecord))) });
export const InfoResponse = message({ buildkitVersion: field(1, nested(BuildkitVersion)) });

export const UsageRecord = message({
	id: field(1, string),
	mutable: field(2, bool),
	inUse: field(3, bool),
	size: field(4, integer),
	parent: field(5, string),
	createdAt: field(6, nested(Timestamp)),
	lastUsedAt: field(7, nested(Timestamp)),
	usageCount: field(8, integer),
	description: field(9, string),
	recordType: field(10, string),
	shared: field(11, bool),
	parents: field(12, list(string)),
});
export const DiskUsageRequest = message({ filter: field(1, list(string)), ageLimit: field(2, integer) });
export const DiskUsageResponse = message({ record: field(1, list(nested(UsageRecord))) });
/** Durations in nanoseconds. `reservedBytes` was `keepBytes` before there were three of them. */
export const PruneRequest = message({
	filter: field(1, list(string)),
	all: field(2, bool),
	keepDuration: field(3, integer),
	reservedBytes: field(4, integer),
	maxUsedBytes: field(5, integer),
	minFreeBytes: field(6, integer),
});

export const CacheOptionsEntry = message({ type: field(1, string), attrs: field(2, map(string)) });
const CacheOptions = message({
	exportRef: field(1, string),
	importRefs: field(2, list(string)),
	exportAttrs: field(3, map(string)),
	exports: field(4, list(nested(CacheOptionsEntry))),
	imports: field(5, list(nested(CacheOptionsEntry))),
});
const Exporter = message({ type: field(1, string), attrs: field(2, map(string)) });
export const SolveRequest = message({
	ref: field(1, string),
	definition: field(2, nested(Definition)),
	/** Of clients that know one exporter only; newer ones send it beside `exporters`. */
	exporter: field(3, string),
	exporterAttrs: field(4, map(string)),
	session: field(5, string),
	frontend: field(6, string),
	frontendAttrs: field(7, map(string)),
	cache: field(8, nested(CacheOptions)),
	entitlements: field(9, list(string)),
	frontendInputs: field(10, map(nested(Definition))),
	internal: field(11, bool),
	sourcePolicy: field(12, bytes),
	exporters: field(13, list(nested(Exporter))),
});
export const SolveResponse = message({ exporterResponse: field(1, map(string)) });

export const StatusRequest = message({ ref: field(1, string) });
export const Vertex = message({
	digest: field(1, string),
	inputs: field(2, list(string)),
	name: field(3, string),
	cached: field(4, bool),
	started: field(5, nested(Timestamp)),
	completed: field(6, nested(Timestamp)),
	error: field(7, string),
});
export const VertexStatus = message({
	id: field(1, string),
	vertex: field(2, string),
	name: field(3, string),
	current: field(4, integer),
	total: field(5, integer),
	timestamp: field(6, nested(Timestamp)),
	started: field(7, nested(Timestamp)),
	completed: field(8, nested(Timestamp)),
});
/** `stream`: 1 stdout, 2 stderr. */
export const VertexLog = message({
	vertex: field(1, string),
	timestamp: field(2, nested(Timestamp)),
	stream: field(3, integer),
	msg: field(4, bytes),
});
export const VertexWarning = message({
	vertex: field(1, string),
	level: field(2, integer),
	short: field(3, bytes),
	detail: field(4, list(bytes)),
	url: field(5, string),
	info: field(6, nested(SourceInfo)),
	ranges: field(7, list(nested(Range))),
});
export const StatusResponse = message({
	vertexes: field(1, list(nested(Vertex))),
	statuses: field(2, list(nested(VertexStatus))),
	logs: field(3, list(nested(VertexLog))),
	warnings: field(4, list(nested(VertexWarning))),
});

export const BuildHistoryRequest = message({
	activeOnly: field(1, bool),
	ref: field(2, string),
	earlyExit: field(3, bool),
	filter: field(4, list(string)),
	limit: field(5, integer),
});
export const BuildHistoryRecord = message({
	ref: field(1, string),
	frontend: field(2, string),
	frontendAttrs: field(3, map(string)),
	exporters: field(4, list(nested(Exporter))),
	error: field(5, nested(Status)),
	createdAt: field(6, nested(Timestamp)),
	completedAt: field(7, nested(Timestamp)),
	exporterResponse: field(9, map(string)),
	pinned: field(14, bool),
	numCachedSteps: field(15, integer),
	numTotalSteps: field(16, integer),
	numCompletedSteps: field(17, integer),
});
/** `type`: 0 started, 1 complete, 2 deleted. */
export const BuildHistoryEvent = message({
	type: field(1, uint32),
	record: field(2, nested(BuildHistoryRecord)),
});
export const UpdateBuildHistoryRequest = message({
	ref: field(1, string),
	pinned: field(2, bool),
	delete: field(3, bool),
	finalize: field(4, bool),
});
