import type { Logger } from "../lib/index.ts";
import { readEntryLines } from "./entry-lines.ts";
import { readOutput } from "./pack.ts";
import type { WorkerRequest } from "./protocol.ts";
import { startWorker } from "./start-worker.ts";
import type { TreeEntry } from "./tree-entry.ts";
import { feed } from "./unpack.ts";

/** Feeds an archive to a worker that makes a bundle of it; gives its entries. */
export async function bundle(
	request: Extract<WorkerRequest, { op: "bundle" }>,
	source: AsyncIterable<Uint8Array>,
	{ log, signal }: { readonly log: Logger; readonly signal: AbortSignal | undefined },
): Promise<readonly TreeEntry[]> {
	const entries: TreeEntry[] = [];
	using worker = startWorker(request, { log, signal, input: true, output: true });
	const listed = readEntryLines(readOutput(worker), {
		begin() {},
		add: (entry) => entries.push(entry),
	});
	// A source that fails must not look like one that ended: the worker is killed by leaving.
	const fed = feed(source, worker.input!);
	await Promise.race([listed, fed.then(() => listed)]);
	return entries;
}
