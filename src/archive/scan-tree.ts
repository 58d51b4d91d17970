import { renameSync } from "node:fs";
import { EngineError, type Logger } from "../lib/index.ts";
import type { ArchiveRoot, TreePlaceFound, TreeQuestion } from "./contract.ts";
import { readEntryLines } from "./entry-lines.ts";
import { readOutput } from "./pack.ts";
import { startWorker } from "./start-worker.ts";
import type { TreeEntry } from "./tree-entry.ts";

const maxEntries = 5_000_000;

/** Asks a tree for places. Of two at once with the same memory one forgets what the other learned. */
export async function scanTree(
	root: ArchiveRoot,
	question: TreeQuestion,
	options: { readonly log: Logger; readonly mountPoint: string; readonly signal: AbortSignal | undefined },
): Promise<readonly TreePlaceFound[]> {
	const { log, mountPoint, signal } = options;
	const places: { path: string; entries: TreeEntry[] }[] = [];
	let count = 0;
	using worker = startWorker(
		{ op: "scan-tree", root, mountPoint },
		{ log, signal, input: true, output: true },
	);
	worker.input!.end(JSON.stringify(question));
	await readEntryLines(readOutput(worker), {
		begin: (path) => places.push({ path, entries: [] }),
		add(entry) {
			if (++count > maxEntries)
				throw new EngineError("too_large", `more than ${maxEntries} files for one build step`);
			places.at(-1)!.entries.push(entry);
		},
	});
	if (places.length !== question.paths.length) throw new Error("scan-tree: places are missing");
	if (question.memory !== undefined) renameSync(`${question.memory}.new`, question.memory);
	return places;
}
