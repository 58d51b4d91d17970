import type { Logger } from "../lib/index.ts";
import type { ArchiveStat } from "./contract.ts";
import type { WorkerRequest } from "./protocol.ts";
import { startWorker, type Worker } from "./start-worker.ts";

/** Resolves with the stat as soon as it is known; the archive follows. */
export async function pack(
	request: Extract<WorkerRequest, { op: "stat" | "pack" }>,
	{ log, signal }: { log: Logger; signal: AbortSignal | undefined },
): Promise<{ stat: ArchiveStat; stream: AsyncIterable<Uint8Array> }> {
	const stat = Promise.withResolvers<ArchiveStat>();
	const worker = startWorker(request, {
		log,
		signal,
		output: true,
		onMessage: (message) => {
			if (message.kind === "stat") stat.resolve(message.stat);
		},
	});
	worker.result.then(() => stat.reject(new Error("pack: no stat")), stat.reject);
	return { stat: await stat.promise, stream: stream(worker) };
}

async function* stream(worker: Worker): AsyncGenerator<Uint8Array, void, undefined> {
	using running = worker;
	yield* readOutput(running);
}

/** What a worker writes, up to its end; fails when the worker does, however much came before. */
export async function* readOutput({ output, result }: Worker): AsyncGenerator<Uint8Array, void, undefined> {
	if (output === undefined) throw new Error("a worker without output");
	for await (const chunk of output) yield chunk as Uint8Array;
	await result;
}
