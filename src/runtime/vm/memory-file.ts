import { chmodSync, chownSync, closeSync, ftruncateSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

/** Makes the file `memory` in a folder that is root's alone, for the QEMU under this user to fill. */
export function makeMemoryFile(folder: string, bytes: number, uid: number): void {
	const path = join(folder, "memory");
	const fd = openSync(path, "wx", 0o600);
	try {
		ftruncateSync(fd, bytes);
	} finally {
		closeSync(fd);
	}
	chownSync(path, uid, uid);
}

/**
 * From now on it is everybody's to read who has it in a jail, and nobody's to write. The QEMU that filled it must have
 * ended: what it has open stays open.
 */
export function sealMemoryFile(folder: string): void {
	const path = join(folder, "memory");
	chownSync(path, 0, 0);
	chmodSync(path, 0o444);
}

/** Puts `memory` and `state` on the disk: a host that loses power before leaves zeros in a file of the right size. */
export async function syncMemory(folder: string): Promise<void> {
	for (const name of ["memory", "state"]) {
		await using file = await open(join(folder, name), "r");
		await file.sync();
	}
}
