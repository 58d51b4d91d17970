import { openSync } from "node:fs";
import { getXattr, listXattrs, O, type XattrPlace } from "../../sys/index.ts";
import type { TreeCopy } from "../contract.ts";
import type { WorkerRequest } from "../protocol.ts";
import { enterTree } from "./enter-tree.ts";
import { report } from "./report.ts";
import { TreeCopier } from "./tree-copier.ts";

const OPEN_DIRECTORY = O.RDONLY | O.DIRECTORY | O.NOFOLLOW;
const PROGRESS_BYTES = 8 << 20;

/**
 * A folder into an empty one, as it stands: blocks are shared where the file system can, and every attribute is kept,
 * also those that mean something to a layer store.
 */
export function cloneTree(request: Extract<WorkerRequest, { op: "clone-tree" }>): TreeCopy {
	const target = openSync(request.target, OPEN_DIRECTORY);
	const source = enterTree({ kind: "directory", path: request.source }, request.mountPoint);
	let reported = 0;
	const copier = new TreeCopier({
		target,
		share: true,
		readXattrs: allXattrs,
		onBytes(bytes) {
			if (bytes - reported < PROGRESS_BYTES) return;
			reported = bytes;
			report({ kind: "copied", bytes });
		},
	});
	copier.copy(source);
	return copier.copied;
}

/** The integrity module's are of this file, not of its content. */
const perFile = /^security\.(?:ima|evm)$/;

function allXattrs(place: XattrPlace): ReadonlyMap<string, Uint8Array> {
	const xattrs = new Map<string, Uint8Array>();
	for (const name of listXattrs(place)) {
		const value = perFile.test(name) ? undefined : getXattr(place, name);
		if (value !== undefined) xattrs.set(name, value);
	}
	return xattrs;
}
