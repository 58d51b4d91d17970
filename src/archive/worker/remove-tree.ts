import { errnoOf } from "../../lib/index.ts";
import { closeFd, listDirectory, O, openAt, removeDirectoryAt, unlinkAt } from "../../sys/index.ts";

/** Removes whatever has this name, a folder with all that is in it. Follows no symlink. */
export function removeTree(directory: number, name: string): void {
	try {
		unlinkAt(directory, name);
		return;
	} catch (error) {
		const errno = errnoOf(error);
		// EPERM is POSIX's answer for a directory, EISDIR Linux's.
		if (errno !== "EISDIR" && errno !== "EPERM") throw error;
	}
	const fd = openAt(directory, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
	try {
		for (const child of listDirectory(fd)) removeTree(fd, child);
	} finally {
		closeFd(fd);
	}
	removeDirectoryAt(directory, name);
}
