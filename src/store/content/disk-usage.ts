import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Digest, digestFromHex } from "../../oci/index.ts";
import { diskBytes } from "../../sys/index.ts";

const blockBytes = 512;
/** Looking at this many takes a few milliseconds; then other work gets its turn. */
const turnFiles = 500;

/** What blobs take on the disk. All are files in one folder: no tree to walk. */
export async function contentDiskUsage({ root, blobs }: { root: string; blobs: string }) {
	const bytes = new Map<Digest, number>();
	let otherBytes = 0;
	for (const [index, name] of readdirSync(blobs).entries()) {
		const size = (lstatSync(join(blobs, name), { throwIfNoEntry: false })?.blocks ?? 0) * blockBytes;
		if (/^[0-9a-f]{64}$/.test(name)) bytes.set(digestFromHex(name), size);
		else otherBytes += size;
		if (index % turnFiles === turnFiles - 1) await setImmediate();
	}
	for (const folder of [root, join(root, "blobs"), blobs])
		otherBytes += lstatSync(folder).blocks * blockBytes;
	const [ingest] = await diskBytes([join(root, "ingest")]);
	return { blobs: bytes, otherBytes: otherBytes + ingest! };
}
