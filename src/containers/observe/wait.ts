import type { ContainerWaitResponse } from "../../api/index.ts";
import { abortable, EngineError } from "../../lib/index.ts";
import type { Container, Moment } from "../container.ts";
import type { Context } from "../context.ts";
import { countsAsRunning, exitCodeOf } from "../record/state.ts";

/**
 * Puts a wait in place and gives the function that waits: nothing that happens in between is missed.
 * Conditions: `not-running` (the default), `next-exit`, `removed`. An exit
 * counts though a restart policy starts the container again, as with Docker.
 */
export function waitContainer(
	context: Context,
	reference: string,
	request: { readonly condition: string; readonly signal: AbortSignal },
): () => Promise<ContainerWaitResponse> {
	const { condition, signal } = request;
	const container = context.registry.get(reference);
	const { promise, resolve } = Promise.withResolvers<ContainerWaitResponse>();
	const isOver = overWhen(condition, container);
	if (condition !== "next-exit" && condition !== "removed" && !countsAsRunning(container.record.state))
		return async () => ({ StatusCode: exitCodeOf(container.record.state) });
	const observe = (moment: Moment) => {
		const answer = isOver(moment);
		if (answer !== undefined) resolve(answer);
	};
	container.observers.add(observe);
	const stop = () => container.observers.delete(observe);
	void promise.then(stop);
	signal.addEventListener("abort", stop, { once: true });
	return async () => {
		try {
			return await abortable(promise, signal);
		} finally {
			signal.removeEventListener("abort", stop);
		}
	};
}

function overWhen(
	condition: string,
	container: Container,
): (moment: Moment) => ContainerWaitResponse | undefined {
	switch (condition) {
		case "":
		case "not-running":
		case "next-exit":
			return (moment) => {
				if (moment.kind === "removed") return { StatusCode: exitCodeOf(container.record.state) };
				if (moment.kind === "startFailed")
					return { StatusCode: moment.exitCode, Error: { Message: moment.error } };
				return { StatusCode: moment.exitCode };
			};
		case "removed":
			return (moment) =>
				moment.kind === "removed" ? { StatusCode: exitCodeOf(container.record.state) } : undefined;
		default:
			throw new EngineError("invalid_argument", `invalid condition: ${JSON.stringify(condition)}`);
	}
}
