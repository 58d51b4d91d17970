import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { errno, FFIType, openLibc, SystemError } from "./libc.ts";

const { madvise } = openLibc({
	madvise: { args: [FFIType.u64, FFIType.u64, FFIType.i32], returns: FFIType.i32 },
});

const MADV_DONTNEED = 4;

/**
 * Gives memory back that a process at rest does not need: garbage, and the pages of its own program that start-up and
 * past work have touched. They are read-only pages of a file, so the kernel brings them back when they are used again.
 */
export function releaseIdleMemory(): void {
	Bun.gc(true);
	for (const { start, length } of programMappings(readFileSync("/proc/self/maps", "latin1")))
		if (madvise(start, length, MADV_DONTNEED) !== 0 && errno() !== constants.errno.EINVAL)
			throw new SystemError("madvise", errno(), "the program's own pages");
}

/** The running executable's code. Its constants are not among them: the loader has written addresses into some. */
export function programMappings(maps: string): { readonly start: bigint; readonly length: bigint }[] {
	return maps.split("\n").flatMap((line) => {
		const match = /^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ \d+ +(\/.*)$/.exec(line);
		if (match === null || match[3] !== process.execPath) return [];
		const start = BigInt(`0x${match[1]}`);
		return [{ start, length: BigInt(`0x${match[2]}`) - start }];
	});
}
