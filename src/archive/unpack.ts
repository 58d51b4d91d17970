import type { Socket } from "node:net";
import type { Logger } from "../lib/index.ts";
import { drained } from "./drained.ts";
import type { WorkerRequest } from "./protocol.ts";
import { startWorker } from "./start-worker.ts";

/** Feeds an archive to a worker. When the worker fails, the rest of the source is not read. */
export async function unpack(
	request: Extract<WorkerRequest, { op: "unpack" | "import-tree" }>,
	source: AsyncIterable<Uint8Array>,
	{ log, signal }: { log: Logger; signal: AbortSignal | undefined },
): Promise<void> {
	using worker = startWorker(request, { log, signal, input: true });
	const fed = feed(source, worker.input!);
	// A source that fails must not look like one that ended: the worker is killed by leaving.
	await Promise.race([worker.result, fed.then(() => worker.result)]);
}

/** Writes it all to a worker, as long as that reads. */
export async function feed(source: AsyncIterable<Uint8Array>, input: Socket): Promise<void> {
	for await (const chunk of source) {
		if (input.destroyed) return;
		if (!input.write(chunk)) await drained(input);
	}
	input.end();
}
