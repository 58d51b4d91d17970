import { createHash } from "node:crypto";
import { openSync } from "node:fs";
import { enterPrivateMountNamespace, enterRoot, O } from "../../sys/index.ts";
import type { WorkerRequest } from "../protocol.ts";
import { extract } from "./extract.ts";
import { awaitGrowth } from "./growth.ts";
import { openInput } from "./input.ts";
import { report } from "./report.ts";
import { TreeWriter } from "./tree-writer.ts";

const PROGRESS_BYTES = 1 << 20;

/** Extracts a layer blob into a folder, which becomes this process's root before the blob is read. */
export async function extractLayer(
	request: Extract<WorkerRequest, { op: "extract-layer" }>,
): Promise<{ diffId: string; bytes: number; inodes: number }> {
	const { limits, whiteouts } = request;
	const blob = openSync(request.blobPath, "r");
	const root = openSync(request.directory, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
	let reported = 0;
	const input = openInput(blob, {
		onRead(compressedBytes) {
			if (compressedBytes - reported < PROGRESS_BYTES) return;
			reported = compressedBytes;
			report({ kind: "progress", compressedBytes });
		},
		...(request.grows ? { awaitMore: awaitGrowth } : {}),
	});
	enterPrivateMountNamespace();
	enterRoot(root);
	const writer = new TreeWriter({
		root,
		base: ".",
		whiteouts,
		noOverwriteDirNonDir: false,
		setsRoot: true,
		limits,
		warn: (text) => report({ kind: "warning", text }),
	});
	const hash = createHash("sha256");
	const { bytes, inodes } = await extract(input, writer, { limits, onChunk: (chunk) => hash.update(chunk) });
	return { diffId: `sha256:${hash.digest("hex")}`, bytes, inodes };
}
