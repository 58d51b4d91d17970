import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Replaces a file so that a reader, and a boot after a crash, sees the old content or the new, never a part.
 * Order: write to `<path>.tmp`, fsync, rename, fsync of the folder.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): void {
	const temporary = `${path}.tmp`;
	const bytes = typeof content === "string" ? Buffer.from(content) : content;
	const fd = openSync(temporary, "w", mode);
	try {
		for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset);
		fsyncSync(fd);
	} catch (error) {
		unlinkSync(temporary);
		throw error;
	} finally {
		closeSync(fd);
	}
	renameSync(temporary, path);
	syncDirectory(dirname(path));
}

/** Makes renames, creations and deletions in a folder durable. */
export function syncDirectory(path: string): void {
	const fd = openSync(path, "r");
	try {
		fsyncSync(fd);
	} finally {
		closeSync(fd);
	}
}
