/** Builds that run and those that ended, as BuildKit tells of them. */
import type { Builder, BuildRecord } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { BuildHistoryEvent, BuildHistoryRequest, UpdateBuildHistoryRequest } from "../proto/control.ts";
import { timestamp } from "../proto/types.ts";
import type { Decoded } from "../wire/message.ts";

const types = { started: 0, completed: 1, deleted: 2 } as const;

export async function* listenBuildHistory(
	builder: Builder,
	request: Decoded<typeof BuildHistoryRequest>,
	signal: AbortSignal,
): AsyncGenerator<Partial<Decoded<typeof BuildHistoryEvent>>> {
	if (request.filter.length > 0)
		throw new EngineError("not_implemented", "filters of the history of builds are not supported");
	const isWanted = (record: BuildRecord) =>
		(request.ref === "" || record.id === request.ref) && (!request.activeOnly || record.state === "running");
	// Before the list is made: nothing is missed between the two.
	const changes = request.earlyExit ? undefined : builder.watchHistory(signal)[Symbol.asyncIterator]();
	const next = changes?.next();
	const records = builder.history().filter(isWanted);
	const wanted = request.limit > 0 ? records.slice(0, request.limit) : records;
	for (const record of wanted) {
		const type = record.state === "running" ? types.started : types.completed;
		yield { type, record: historyRecord(record) };
	}
	for (let change = await next; change !== undefined && !change.done; change = await changes!.next()) {
		const { kind, record } = change.value;
		// Who watches what runs wants to know when it does no more.
		if (request.ref !== "" && record.id !== request.ref) continue;
		yield { type: types[kind], record: historyRecord(record) };
	}
}

/** Pins, lets go, forgets. `finalize` asks for what is kept in any case. */
export function updateBuildHistory(
	builder: Builder,
	{ ref, pinned, delete: isDelete, finalize }: Decoded<typeof UpdateBuildHistoryRequest>,
): void {
	if (isDelete) builder.changeHistory(ref, "delete");
	else if (!finalize) builder.changeHistory(ref, pinned ? "pin" : "unpin");
}

function historyRecord(record: BuildRecord) {
	const { steps } = record;
	return {
		ref: record.id,
		frontend: "dockerfile.v0",
		createdAt: timestamp(Date.parse(record.startedAt)),
		completedAt: record.endedAt === undefined ? undefined : timestamp(Date.parse(record.endedAt)),
		error: record.error === undefined ? undefined : { code: 2, message: record.error, details: [] },
		pinned: record.isPinned === true,
		numCachedSteps: steps.cached,
		numTotalSteps: steps.total,
		numCompletedSteps: steps.completed,
	};
}
