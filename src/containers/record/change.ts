import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import type { ContainerRecord } from "./record.ts";
import { type StateChange, transition } from "./state.ts";

/** Moves a container to its next state and persists it; the caller holds its lock, and publishes after. */
export function changeState(
	context: Pick<Context, "documents">,
	container: Container,
	change: StateChange,
	patch: Partial<Pick<ContainerRecord, "restartCount" | "stoppedByUser" | "restartsUnhealthy">> = {},
): void {
	saveRecord(context, container, {
		...container.record,
		...patch,
		state: transition(container.record.state, change),
	});
}

/** Persists a record and shows it. */
export function saveRecord(
	context: Pick<Context, "documents">,
	container: Container,
	record: ContainerRecord,
): void {
	context.documents.put(container.id, record);
	container.record = record;
}
