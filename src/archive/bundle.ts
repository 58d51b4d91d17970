import { closeSync, openSync } from "node:fs";
import type { Logger } from "../lib/index.ts";
import { readEntryLines } from "./entry-lines.ts";
import { readOutput } from "./pack.ts";
import type { WorkerRequest } from "./protocol.ts";
import { startWorker } from "./start-worker.ts";
import type { TreeEntry } from "./tree-entry.ts";
import { feed } from "./unpack.ts";
import { BundleReader } from "./worker/bundle-reader.ts";
import { recogniseCompression } from "./worker/compression.ts";
import { ArchiveOutput } from "./worker/output.ts";

type BundleRequest = Extract<WorkerRequest, { op: "bundle" }>;

/** To read so little takes less than to start a worker, and nothing of it is unpacked. */
const SMALL_BYTES = 256 * 1024;

/** Makes a bundle of an archive; gives its entries. A worker does it, unless the archive is small and plain. */
export async function bundle(
	request: BundleRequest,
	source: AsyncIterable<Uint8Array>,
	options: { readonly log: Logger; readonly signal: AbortSignal | undefined },
): Promise<readonly TreeEntry[]> {
	const chunks = source[Symbol.asyncIterator]();
	const start: Uint8Array[] = [];
	for (let length = 0; length <= SMALL_BYTES; ) {
		const next = await chunks.next();
		if (next.done)
			return readSmall(request, Buffer.concat(start)) ?? bundleApart(request, replay(start), options);
		start.push(next.value.slice());
		length += next.value.length;
	}
	return bundleApart(request, replay(start, chunks), options);
}

/** `undefined` for one that is compressed. */
function readSmall({ path, limits }: BundleRequest, archive: Uint8Array): TreeEntry[] | undefined {
	if (recogniseCompression(archive) !== "none") return undefined;
	const fd = openSync(path, "wx", 0o600);
	try {
		const reader = new BundleReader(new ArchiveOutput(fd), limits);
		reader.feed(archive);
		reader.finish();
		const entries: TreeEntry[] = [];
		reader.visit((entry) => entries.push(entry));
		return entries;
	} finally {
		closeSync(fd);
	}
}

async function bundleApart(
	request: BundleRequest,
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

/** What was read already, then the rest. */
async function* replay(
	start: readonly Uint8Array[],
	rest?: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
	yield* start;
	if (rest !== undefined) yield* { [Symbol.asyncIterator]: () => rest };
}
