import { changeDirectory } from "./files-at.ts";
import { check, cString, FFIType, openLibc } from "./libc.ts";

const libc = openLibc({ chroot: { args: [FFIType.ptr], returns: FFIType.i32 } });

/** Makes an open directory the calling thread's `/` and current directory. For workers only: there is no way back. */
export function enterRoot(directory: number): void {
	changeDirectory(directory);
	check(libc.chroot(cString(".")), "chroot", String(directory));
}
