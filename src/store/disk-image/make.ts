import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { EngineError, failpoint, syncDirectory, translateSystemError } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";

/** Beside the folder on which it is mounted. */
const IMAGE = "disk.ext4";

export function diskImagePath(folder: string): string {
	return join(folder, IMAGE);
}

/**
 * Makes a file system that has a size, in a file of this folder, unless it is there: a sparse file, which takes room as it is
 * filled. It has its name only when it is whole; a kill leaves `disk.ext4.part`, which the next try makes anew.
 * Errors: `no_space`, `unavailable`.
 */
export async function makeDiskImage(folder: string, bytes: number): Promise<void> {
	const path = diskImagePath(folder);
	if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
	const part = `${path}.part`;
	try {
		rmSync(part, { force: true });
		const fd = openSync(part, "wx", 0o600);
		try {
			ftruncateSync(fd, bytes);
		} finally {
			closeSync(fd);
		}
		failpoint("disk-image.after-file");
		await makeFileSystem(part);
		const made = openSync(part, "r");
		try {
			fsyncSync(made);
		} finally {
			closeSync(made);
		}
		failpoint("disk-image.after-format");
		renameSync(part, path);
		syncDirectory(folder);
	} catch (error) {
		throw translateSystemError(error, path);
	}
}

async function makeFileSystem(path: string): Promise<void> {
	const features = ["-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0"];
	const result = await runCommand(["mkfs.ext4", "-q", "-F", ...features, path]);
	if (result?.exitCode === 0) return;
	if (result === undefined)
		throw new EngineError(
			"unavailable",
			"no program mkfs.ext4, which volumes and containers with a size need: install the package e2fsprogs",
		);
	if (/No space left on device|Disk quota exceeded/.test(result.stderr))
		throw new EngineError("no_space", `${path}: no space left on device`);
	throw new EngineError("unavailable", `mkfs.ext4 failed: ${result.stderr.trim().slice(-1024)}`);
}
