import { EngineError } from "../../lib/index.ts";
import { AT_FDCWD, fromByteString, S, statAt, toByteString } from "../../sys/index.ts";
import type { WorkerRequest } from "../protocol.ts";
import { ownerOf } from "./accounts.ts";
import { followLinks, notThere } from "./container-path.ts";
import { enterTree } from "./enter-tree.ts";
import { extract } from "./extract.ts";
import { openInput } from "./input.ts";
import { report } from "./report.ts";
import { TreeWriter } from "./tree-writer.ts";

const STDIN = 0;

/** Docker's PUT archive: into an existing folder, symlinks to it followed. */
export async function unpack(request: Extract<WorkerRequest, { op: "unpack" }>): Promise<void> {
	const input = openInput(STDIN);
	const root = enterTree(request.root, request.mountPoint);
	const path = toByteString(request.path);
	const folder = followLinks(path);
	const stat = statAt(AT_FDCWD, folder);
	if (stat === undefined) throw notThere(path);
	if ((stat.mode & S.IFMT) !== S.IFDIR)
		throw new EngineError("invalid_argument", `extraction point is not a directory: ${fromByteString(path)}`);
	const { noOverwriteDirNonDir, ownerName, limits, latest } = request;
	const owner = ownerName === undefined ? request.owner : ownerOf(root, ownerName);
	const writer = new TreeWriter({
		root,
		base: folder === "/" ? "." : folder.slice(1),
		whiteouts: "none",
		noOverwriteDirNonDir,
		...(owner === undefined ? {} : { owner }),
		setsRoot: false,
		...(latest === undefined ? {} : { latest }),
		limits,
		warn: (text) => report({ kind: "warning", text }),
	});
	await extract(input, writer, { limits });
}
