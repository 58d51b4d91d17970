import type { OutputChunk } from "../../runtime/index.ts";
import type { Context } from "../context.ts";
import { type LogsRequest, readLogs } from "./read.ts";

/** The logs of a container, and whether they are a terminal's. */
export async function logsOfContainer(
	context: Context,
	reference: string,
	request: LogsRequest,
	signal: AbortSignal,
): Promise<{ output: AsyncIterable<OutputChunk>; tty: boolean }> {
	const container = context.registry.get(reference);
	return {
		output: readLogs(context, container, { ...request, signal }),
		tty: container.record.config.Tty === true,
	};
}
