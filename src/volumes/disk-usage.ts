import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { diskBytes } from "../sys/index.ts";
import { SNAPSHOTS } from "./snapshots/records.ts";

/** What volumes and their snapshots take on the disk; folders that are no volume count as on top of them. */
export async function volumesDiskUsage(root: string, names: Iterable<string>) {
	const known = new Set(names);
	const entries = readdirSync(root);
	const bytes = await diskBytes(entries.map((name) => join(root, name)));
	const volumes = new Map<string, number>();
	let snapshotBytes = 0;
	let otherBytes = lstatSync(root).blocks * 512;
	for (const [index, name] of entries.entries()) {
		if (known.has(name)) volumes.set(name, bytes[index]!);
		else if (name === SNAPSHOTS) snapshotBytes = bytes[index]!;
		else otherBytes += bytes[index]!;
	}
	return { volumes, snapshotBytes, otherBytes };
}
