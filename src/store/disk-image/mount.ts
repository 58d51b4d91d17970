import { rmdirSync } from "node:fs";
import { join } from "node:path";
import { EngineError, errnoOf } from "../../lib/index.ts";
import { MS, mount, mountsBelow, runCommand, unmount } from "../../sys/index.ts";
import { diskImagePath } from "./make.ts";

/**
 * Mounts a folder on itself, shared, unless it is: supervisors have copies of the host's mounts in namespaces that
 * follow it, so that taking away here what is mounted inside takes it away there, and no supervisor of another
 * container keeps a file system, or its loop device, in use.
 */
export function shareFolder(folder: string): void {
	if (mountsBelow(folder).includes(folder)) return;
	mount({ source: folder, target: folder, type: "", flags: MS.BIND });
	// Were the host's own mount shared, this one would be its peer.
	mount({ source: "none", target: folder, type: "", flags: MS.PRIVATE });
	mount({ source: "none", target: folder, type: "", flags: MS.SHARED });
}

/** Mounts the folder's image on a folder inside of it, unless something is there. `unavailable` with mount's reason. */
export async function mountDiskImage(folder: string, target: string): Promise<void> {
	if (mountsBelow(folder).includes(target)) return;
	shareFolder(folder);
	const image = diskImagePath(folder);
	const options = ["--internal-only", "--no-canonicalize", "-t", "ext4", "-o", "loop", "--"];
	const result = await runCommand(["mount", ...options, image, target]);
	if (result?.exitCode !== 0) {
		unmountBelow(folder);
		throw new EngineError(
			"unavailable",
			`mount ${image}: ${result?.stderr.trim().replace(/^mount: [^:]*: /, "") ?? "no program mount"}`,
		);
	}
	removeLostAndFound(target);
}

/** Takes all mounts of and in the folder away; what still uses the files goes on. Idempotent. */
export function unmountBelow(folder: string): void {
	for (const point of mountsBelow(folder).toReversed()) unmount(point);
}

/** It would make a new volume look filled. */
export function removeLostAndFound(data: string): void {
	try {
		rmdirSync(join(data, "lost+found"));
	} catch (error) {
		// Not there any more, or no longer empty.
		if (!["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(errnoOf(error) ?? "")) throw error;
	}
}
