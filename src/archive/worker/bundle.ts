import { openSync } from "node:fs";
import { EngineError } from "../../lib/index.ts";
import type { WorkerRequest } from "../protocol.ts";
import { BundleReader } from "./bundle-reader.ts";
import { openTrees } from "./enter-tree.ts";
import { EntryOutput } from "./entry-output.ts";
import { openInput } from "./input.ts";
import { ArchiveOutput } from "./output.ts";

const STDIN = 0;
const STDOUT = 1;

/**
 * An upload as one file of contents and a list of entries. Nothing is unpacked: a tree of 50,000 files takes seconds
 * to make and to remove, and what is hostile in an archive (links, names) has nothing here to act upon.
 */
export async function bundle(request: Extract<WorkerRequest, { op: "bundle" }>): Promise<void> {
	const { limits, path, mountPoint } = request;
	const input = openInput(STDIN);
	const contents = new ArchiveOutput(openSync(path, "wx", 0o600));
	openTrees([], mountPoint);
	const reader = new BundleReader(contents, limits);
	for await (const chunk of input.chunks) reader.feed(chunk);
	reader.finish();
	// The runtime's zstd does not tell a stream that was cut off from one that has ended.
	if (input.compression === "zstd" && !reader.isWhole)
		throw new EngineError("corrupt", "bad zstd data: the archive has no end");
	const output = new EntryOutput(STDOUT);
	output.begin("");
	reader.visit((entry) => output.add(entry));
	output.finish();
}
