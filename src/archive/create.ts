import { mkdirSync } from "node:fs";
import type { Logger } from "../lib/index.ts";
import { bundle } from "./bundle.ts";
import { cloneTree } from "./clone-tree.ts";
import type { Archive } from "./contract.ts";
import { extractLayerWith } from "./extract-layer.ts";
import { listPackages } from "./list-packages.ts";
import { pack, readOutput } from "./pack.ts";
import { place } from "./place.ts";
import { isRecord, numberIn, parseStat, stringIn } from "./protocol.ts";
import { scanTree } from "./scan-tree.ts";
import { startWorker } from "./start-worker.ts";
import { feed, unpack } from "./unpack.ts";

export interface ArchiveOptions {
	readonly log: Logger;
	/** An empty folder of the engine's own (`<run-root>/archive`), made when missing. Workers mount on it, unseen. */
	readonly mountPoint: string;
}

export function createArchive({ log, mountPoint }: ArchiveOptions): Archive {
	mkdirSync(mountPoint, { recursive: true, mode: 0o700 });
	return {
		extractLayer: extractLayerWith(log),
		pack: (root, path, signal) => pack({ op: "pack", root, path, mountPoint }, { log, signal }),
		async stat(root, path, signal) {
			using worker = startWorker({ op: "stat", root, path, mountPoint }, { log, signal });
			return parseStat(await worker.result);
		},
		unpack: (root, path, source, { signal, ...options }) =>
			unpack({ op: "unpack", root, path, mountPoint, ...options }, source, { log, signal }),
		async *exportTree(root, signal, options = {}) {
			const request = { op: "export-tree", root, mountPoint, ...options } as const;
			using worker = startWorker(request, { log, signal, output: true });
			yield* readOutput(worker);
		},
		async changes(source, signal) {
			using worker = startWorker({ op: "changes", source, mountPoint }, { log, signal });
			return parseChanges(await worker.result);
		},
		async *packChanges(source, signal) {
			using worker = startWorker({ op: "pack-changes", source, mountPoint }, { log, signal, output: true });
			yield* readOutput(worker);
		},
		async copyTree(root, path, target, signal) {
			using worker = startWorker({ op: "copy-tree", root, path, target, mountPoint }, { log, signal });
			await worker.result;
		},
		cloneTree: (source, target, options) =>
			cloneTree({ op: "clone-tree", source, target, mountPoint }, { log, ...options }),
		importTree: (directory, source, { signal, ...options }) =>
			unpack({ op: "import-tree", directory, ...options }, source, { log, signal }),
		listPackages: (root, signal) => listPackages(root, { log, mountPoint, signal }),
		scanTree: (root, question, signal) => scanTree(root, question, { log, mountPoint, signal }),
		bundle: (path, source, { signal, limits }) =>
			bundle({ op: "bundle", path, limits, mountPoint }, source, { log, signal }),
		place: (placement, signal) => place(placement, { log, mountPoint, signal }),
		async isArchive(source, signal) {
			using worker = startWorker({ op: "is-archive", mountPoint }, { log, signal, input: true });
			// Whether all of it is wanted is seen by the beginning.
			const fed = feed(source, worker.input!);
			return (await Promise.race([worker.result, fed.then(() => worker.result)])) === true;
		},
		async readFile(root, path, maxBytes) {
			using worker = startWorker({ op: "read-file", root, path, maxBytes, mountPoint }, { log });
			const content = await worker.result;
			return typeof content === "string" ? Buffer.from(content, "base64") : undefined;
		},
	};
}

function parseChanges(value: unknown): { path: string; kind: 0 | 1 | 2 }[] {
	if (!Array.isArray(value)) throw new Error("changes: no list");
	return value.map((item: unknown) => {
		if (!isRecord(item)) throw new Error("changes: bad item");
		const kind = numberIn(item, "kind");
		if (kind !== 0 && kind !== 1 && kind !== 2) throw new Error(`changes: kind ${kind}`);
		return { path: stringIn(item, "path"), kind };
	});
}
