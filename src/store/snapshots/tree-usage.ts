import { EngineError } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";
import type { SnapshotUsage } from "./contract.ts";

/** Bytes of all files (a hard-linked one once) and number of inodes, the root folder left out; as Docker counts. */
export async function treeUsage(directory: string): Promise<SnapshotUsage> {
	const result = await runCommand([
		"find",
		directory,
		"-xdev",
		"-mindepth",
		"1",
		"-printf",
		"%y %s %n %i\\n",
	]);
	// Files that go away meanwhile make `find` fail; what it counted is good.
	if (result === undefined) throw new EngineError("unavailable", "count a snapshot's bytes: no program find");
	let bytes = 0;
	let inodes = 0;
	const linked = new Set<string>();
	for (const line of result.stdout.split("\n")) {
		const [type, size, links, inode] = line.split(" ");
		if (type === undefined || inode === undefined) continue;
		if (type !== "d" && links !== "1") {
			if (linked.has(inode)) continue;
			linked.add(inode);
		}
		inodes++;
		if (type !== "d") bytes += Number(size);
	}
	return { bytes, inodes };
}
