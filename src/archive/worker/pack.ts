import { AT_FDCWD, S, toByteString } from "../../sys/index.ts";
import type { WorkerRequest } from "../protocol.ts";
import { baseName, locate } from "./container-path.ts";
import { enterTree } from "./enter-tree.ts";
import { ArchiveOutput } from "./output.ts";
import { report } from "./report.ts";
import { describe, statLocated } from "./stat.ts";
import { TreeReader } from "./tree-reader.ts";

const STDOUT = 1;

/**
 * Docker's GET archive. Entries are named after the last part of the path that was asked for, whatever symlinks led
 * to; of the root they begin with `/`.
 */
export function pack(request: Extract<WorkerRequest, { op: "stat" | "pack" }>): void {
	enterTree(request.root, request.mountPoint);
	const path = locate(toByteString(request.path));
	const stat = statLocated(path);
	report({ kind: "stat", stat: describe(path, stat) });
	const reader = new TreeReader({
		output: new ArchiveOutput(STDOUT),
		overlayMarks: false,
		warn: (text) => report({ kind: "warning", text }),
	});
	const isDirectory = (stat.mode & S.IFMT) === S.IFDIR;
	const name = baseName(path.absolute);
	reader.add({ directory: AT_FDCWD, name: isDirectory ? `${path.resolved}/.` : path.resolved }, name);
	reader.finish();
}
