import type { WorkerRequest } from "../protocol.ts";
import { enterBareTree } from "./enter-tree.ts";
import { ArchiveOutput } from "./output.ts";
import { report } from "./report.ts";
import { TreeReader } from "./tree-reader.ts";

const STDOUT = 1;

/** The whole tree, the root's own entry only when asked for; what is mounted inside of it is left out. */
export function exportTree(request: Extract<WorkerRequest, { op: "export-tree" }>): void {
	const root = enterBareTree(request.root, request.mountPoint);
	const reader = new TreeReader({
		output: new ArchiveOutput(STDOUT),
		overlayMarks: false,
		warn: (text) => report({ kind: "warning", text }),
	});
	if (request.withRoot === true) reader.addAlone({ directory: root, name: "." }, "./");
	reader.addChildren(root, "");
	reader.finish();
}
