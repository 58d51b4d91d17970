/**
 * The worker's side: one operation, one process. It dies with the daemon, changes its root before it reads foreign
 * input, and says how it ended as its last message. All file calls are synchronous: only the thread that called
 * unshare(2) and chroot(2) is confined, so nothing may run on the runtime's thread pool but decompression.
 */
import { isEngineError, translateSystemError } from "../lib/index.ts";
import { dieWithParent } from "../sys/index.ts";
import type { WorkerRequest } from "./protocol.ts";
import { bundle } from "./worker/bundle.ts";
import { changes } from "./worker/changes.ts";
import { cloneTree } from "./worker/clone-tree.ts";
import { copyTree } from "./worker/copy-tree.ts";
import { exportTree } from "./worker/export-tree.ts";
import { extractLayer } from "./worker/extract-layer.ts";
import { importTree } from "./worker/import-tree.ts";
import { isArchive } from "./worker/is-archive.ts";
import { listPackages } from "./worker/list-packages.ts";
import { pack } from "./worker/pack.ts";
import { packChanges } from "./worker/pack-changes.ts";
import { place } from "./worker/place.ts";
import { readFile } from "./worker/read-file.ts";
import { report } from "./worker/report.ts";
import { scanTree } from "./worker/scan-tree.ts";
import { statPath } from "./worker/stat.ts";
import { unpack } from "./worker/unpack.ts";

/** `archive PARENT-PID REQUEST`, the request as JSON. */
export async function runWorker(argv: readonly string[]): Promise<void> {
	const [kind, parentPid, request] = argv;
	if (kind !== "archive" || request === undefined) throw new Error(`no worker ${kind}`);
	if (!dieWithParent(Number(parentPid))) return;
	process.umask(0);
	try {
		const value = await perform(JSON.parse(request) as WorkerRequest);
		report({ kind: "result", value });
	} catch (error) {
		reportError(error);
		process.exitCode = 1;
	}
}

/** The request comes from the daemon itself, over no boundary but argv. */
async function perform(request: WorkerRequest): Promise<unknown> {
	switch (request.op) {
		case "extract-layer":
			return extractLayer(request);
		case "stat":
			return statPath(request);
		case "pack":
			return pack(request);
		case "unpack":
			return unpack(request);
		case "export-tree":
			return exportTree(request);
		case "changes":
			return changes(request);
		case "pack-changes":
			return packChanges(request);
		case "copy-tree":
			return copyTree(request);
		case "clone-tree":
			return cloneTree(request);
		case "import-tree":
			return importTree(request);
		case "list-packages":
			return listPackages(request);
		case "scan-tree":
			return scanTree(request);
		case "bundle":
			return bundle(request);
		case "place":
			return place(request);
		case "is-archive":
			return isArchive(request);
		case "read-file":
			return readFile(request);
		default:
			return request satisfies never;
	}
}

function reportError(error: unknown): void {
	const known = translateSystemError(error, "archive worker");
	if (isEngineError(known)) {
		report({ kind: "error", code: known.code, message: known.message });
		return;
	}
	const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
	report({ kind: "error", code: undefined, message });
}
