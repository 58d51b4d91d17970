import { dlopen, type FFIFunction, FFIType, ptr, read } from "bun:ffi";
import { constants } from "node:os";

/**
 * The one door to libc. Each file of this room opens the functions it wraps with {@link openLibc} and exports typed
 * wrappers only: a wrong argument crashes the process, so no raw symbol leaves the room.
 */
export function openLibc<Functions extends Record<string, FFIFunction>>(functions: Functions) {
	return dlopen("libc.so.6", functions).symbols;
}

const { __errno_location } = openLibc({ __errno_location: { args: [], returns: FFIType.ptr } });

/** The calling thread's errno; only right directly after the failing call. */
export function errno(): number {
	return read.i32(__errno_location()!, 0);
}

/** A failed system call, shaped as Node's own (`code` `ENOENT`, `errno` -2, `syscall` `mount`). */
export class SystemError extends Error {
	readonly code: string;
	readonly errno: number;
	readonly syscall: string;

	constructor(syscall: string, number: number, what: string) {
		const code = errnoName(number);
		super(`${syscall} ${what}: ${code}`);
		this.name = "SystemError";
		this.code = code;
		this.errno = -number;
		this.syscall = syscall;
	}
}

/** Returns the result of a call that signals failure by a negative number, or throws its errno. */
export function check(result: number, syscall: string, what: string): number {
	if (result < 0) throw new SystemError(syscall, errno(), what);
	return result;
}

/** Node lists what POSIX has; a bridge without a free port answers EXFULL. */
const names = new Map<number, string>([
	...Object.entries(constants.errno).map(([name, number]): [number, string] => [number, name]),
	[54, "EXFULL"],
]);

export function errnoName(number: number): string {
	return names.get(number) ?? `errno ${number}`;
}

/** A NUL-terminated copy of the text. Keep it referenced until the call returns. */
export function cString(text: string): Uint8Array {
	if (text.includes("\0")) throw new SystemError("argument", constants.errno.EINVAL, JSON.stringify(text));
	return Buffer.from(`${text}\0`);
}

export { FFIType, ptr };
