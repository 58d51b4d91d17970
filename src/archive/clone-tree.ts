import type { Logger } from "../lib/index.ts";
import type { TreeCopy } from "./contract.ts";
import { isRecord, numberIn, type WorkerRequest } from "./protocol.ts";
import { startWorker } from "./start-worker.ts";

/** Copies a folder in a worker, telling of the bytes as they come. */
export async function cloneTree(
	request: Extract<WorkerRequest, { op: "clone-tree" }>,
	options: {
		readonly log: Logger;
		readonly signal?: AbortSignal | undefined;
		readonly onBytes?: (bytes: number) => void;
	},
): Promise<TreeCopy> {
	using worker = startWorker(request, {
		log: options.log,
		signal: options.signal,
		onMessage: (message) => {
			if (message.kind === "copied") options.onBytes?.(message.bytes);
		},
	});
	const result = await worker.result;
	if (!isRecord(result)) throw new Error("clone-tree: no result");
	return {
		entries: numberIn(result, "entries"),
		copiedBytes: numberIn(result, "copiedBytes"),
		sharedBytes: numberIn(result, "sharedBytes"),
	};
}
