import { constants } from "node:os";
import { errno, FFIType, openLibc, SystemError } from "./libc.ts";

const { flock } = openLibc({ flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } });

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Takes a whole file for this process, as long as the descriptor is open: the kernel lets go when the process dies.
 * False when another one has it. https://man7.org/linux/man-pages/man2/flock.2.html
 */
export function tryLockFile(fd: number): boolean {
	if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
	const number = errno();
	if (number === constants.errno.EWOULDBLOCK) return false;
	throw new SystemError("flock", number, `descriptor ${fd}`);
}
