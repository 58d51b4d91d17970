import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { EngineError, failpoint, type Logger, translateSystemError } from "../../lib/index.ts";
import { diskImagePath, makeDiskImage } from "../disk-image/make.ts";
import { mountDiskImage } from "../disk-image/mount.ts";

/** Where a snapshot's own file system is mounted, in its folder; `fs` and `work` are in there. */
export const SIZED_TREE = "disk";

/** Below this ext4 has hardly room for anything; above it the numbers of blocks need other options. */
const minBytes = 2 ** 20;
const maxBytes = 16 * 2 ** 40;

/** True for the folder of a snapshot that a file system of its own bounds. */
export function isSized(folder: string): boolean {
	return existsSync(join(folder, SIZED_TREE));
}

/**
 * Moves the folders of a new snapshot, which hold nothing, into a file system of its own: a sparse image beside them.
 * It stays mounted as long as the snapshot is there; see {@link mountSizedTrees} for after a reboot. Errors:
 * `invalid_argument` for a size that it cannot have, `unavailable`, `no_space`.
 *
 * Crash windows: a folder without a row is removed at boot, with what is mounted in it.
 */
export async function makeSizedTree(folder: string, bytes: number): Promise<void> {
	if (!(bytes >= minBytes && bytes <= maxBytes))
		throw new EngineError(
			"invalid_argument",
			`HostConfig.StorageOpt: size of ${bytes} bytes: must be between 1m and 16t`,
		);
	await makeDiskImage(folder, bytes);
	failpoint("snapshots.sized.after-image");
	const disk = join(folder, SIZED_TREE);
	try {
		mkdirSync(disk, { mode: 0o700 });
	} catch (error) {
		throw translateSystemError(error, disk);
	}
	await mountDiskImage(folder, disk);
	failpoint("snapshots.sized.after-mount");
	try {
		mkdirSync(join(disk, "fs"));
		chmodSync(join(disk, "fs"), 0o755);
		mkdirSync(join(disk, "work"), { mode: 0o700 });
	} catch (error) {
		throw translateSystemError(error, disk);
	}
}

/** Mounts what a reboot took away. What cannot be mounted is told; its container does not start. */
export async function mountSizedTrees(folders: Iterable<string>, log: Logger): Promise<void> {
	for (const folder of folders) {
		if (!isSized(folder)) continue;
		try {
			await mountDiskImage(folder, join(folder, SIZED_TREE));
		} catch (error) {
			log.error("a container's own file system could not be mounted", {
				image: diskImagePath(folder),
				error,
			});
		}
	}
}
