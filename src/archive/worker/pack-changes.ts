import { EngineError, tarText } from "../../lib/index.ts";
import { closeFd, O, openAt } from "../../sys/index.ts";
import type { WorkerRequest } from "../protocol.ts";
import { DELETED, findChanges, isBareMountPoint, openChangeSource } from "./changes.ts";
import { splitPath } from "./entry-name.ts";
import { ArchiveOutput } from "./output.ts";
import { report } from "./report.ts";
import { TreeReader } from "./tree-reader.ts";

const STDOUT = 1;

/**
 * Changes as a layer. An overlay's upper folder is a layer already but for its marks; of two whole trees the
 * differences are picked out.
 */
export function packChanges(request: Extract<WorkerRequest, { op: "changes" | "pack-changes" }>): void {
	const trees = openChangeSource(request);
	const reader = new TreeReader({
		output: new ArchiveOutput(STDOUT),
		overlayMarks: trees.isUpper,
		skip: (name, stat) => isBareMountPoint(trees.mountPoints, `/${name}`, stat),
		warn: (text) => report({ kind: "warning", text }),
	});
	if (trees.isUpper) reader.addChildren(trees.tree, "");
	else packDifferences(reader, trees);
	reader.finish();
}

function packDifferences(reader: TreeReader, trees: Parameters<typeof findChanges>[0]): void {
	const now = { seconds: Math.floor(Date.now() / 1000), nanos: 0 };
	if (trees.exact) reader.addAlone({ directory: trees.tree, name: "." }, "./");
	for (const { path, kind } of findChanges(trees)) {
		const { parent, base } = splitPath(path.slice(1));
		if (trees.exact && base.startsWith(".wh.")) throw namedLikeMark(path);
		if (kind === DELETED) {
			reader.addWhiteout(parent === "" ? "" : `${parent}/`, base, now);
			continue;
		}
		const directory = openBySteps(trees.tree, parent);
		if (directory === undefined) continue;
		reader.addAlone({ directory, name: base }, path.slice(1));
		closeFd(directory);
	}
}

function namedLikeMark(path: string): EngineError {
	return new EngineError(
		"conflict",
		`${tarText(path)} is named like a mark of something that is gone: changes cannot be told with it there`,
	);
}

/** By single names, as the tree is not this process's root. */
function openBySteps(tree: number, path: string): number | undefined {
	let current = openAt(tree, ".", O.RDONLY | O.DIRECTORY);
	for (const part of path.split("/")) {
		if (part === "") continue;
		try {
			const next = openAt(current, part, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
			closeFd(current);
			current = next;
		} catch {
			closeFd(current);
			return undefined;
		}
	}
	return current;
}
