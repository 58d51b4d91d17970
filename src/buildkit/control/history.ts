/** Builds that run and those that ended, as BuildKit tells of them. */
import type { Builder, BuildRecord } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { BuildHistoryEvent, BuildHistoryRequest } from "../proto/control.ts";
import { timestamp } from "../proto/types.ts";
import type { Decoded } from "../wire/message.ts";

const started = 0;
const complete = 1;

export async function* listenBuildHistory(
	builder: Builder,
	request: Decoded<typeof BuildHistoryRequest>,
): AsyncGenerator<Partial<Decoded<typeof BuildHistoryEvent>>> {
	if (!request.earlyExit)
		throw new EngineError("not_implemented", "following the history of builds is not supported");
	if (request.filter.length > 0)
		throw new EngineError("not_implemented", "filters of the history of builds are not supported");
	const records = builder
		.history()
		.filter(({ id }) => request.ref === "" || id === request.ref)
		.filter(({ state }) => !request.activeOnly || state === "running");
	const wanted = request.limit > 0 ? records.slice(0, request.limit) : records;
	for (const record of wanted)
		yield { type: record.state === "running" ? started : complete, record: historyRecord(record) };
}

function historyRecord(record: BuildRecord) {
	const { steps } = record;
	return {
		ref: record.id,
		frontend: "dockerfile.v0",
		createdAt: timestamp(Date.parse(record.startedAt)),
		completedAt: record.endedAt === undefined ? undefined : timestamp(Date.parse(record.endedAt)),
		error: record.error === undefined ? undefined : { code: 2, message: record.error, details: [] },
		numCachedSteps: steps.cached,
		numTotalSteps: steps.total,
		numCompletedSteps: steps.completed,
	};
}
