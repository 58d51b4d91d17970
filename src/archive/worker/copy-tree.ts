import { openSync } from "node:fs";
import { AT_FDCWD, O, openAt, S, statAt, toByteString } from "../../sys/index.ts";
import type { WorkerRequest } from "../protocol.ts";
import { followLinks } from "./container-path.ts";
import { enterTree } from "./enter-tree.ts";
import { readXattrs } from "./read-xattrs.ts";
import { TreeCopier } from "./tree-copier.ts";

const OPEN_DIRECTORY = O.RDONLY | O.DIRECTORY | O.NOFOLLOW;

/** A folder of a tree into an empty folder outside of it, which is opened before the tree becomes the root. */
export function copyTree(request: Extract<WorkerRequest, { op: "copy-tree" }>): void {
	const target = openSync(request.target, OPEN_DIRECTORY);
	enterTree(request.root, request.mountPoint);
	const path = followLinks(toByteString(request.path));
	const stat = statAt(AT_FDCWD, path);
	if (stat === undefined || (stat.mode & S.IFMT) !== S.IFDIR) return;
	const copier = new TreeCopier({ target, share: false, readXattrs });
	copier.copy(openAt(AT_FDCWD, path, OPEN_DIRECTORY));
}
