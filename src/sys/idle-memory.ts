import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { errno, FFIType, openLibc, SystemError } from "./libc.ts";

const { madvise } = openLibc({
	madvise: { args: [FFIType.u64, FFIType.u64, FFIType.i32], returns: FFIType.i32 },
});

const MADV_DONTNEED = 4;

/**
 * Gives memory back that a process at rest does not need: garbage, and the pages of its own program that start-up and
 * past work have touched. They are unchanged pages of a file, so the kernel brings them back when they are used again.
 */
export function releaseIdleMemory(): void {
	Bun.gc(true);
	const mappings = cleanMappings(readFileSync("/proc/self/smaps", "latin1"), process.execPath);
	for (const { start, length } of mappings) {
		if (madvise(start, length, MADV_DONTNEED) === 0) continue;
		throw new SystemError("madvise", errno() || constants.errno.EINVAL, "the program's own pages");
	}
}

export interface Mapping {
	readonly start: bigint;
	readonly length: bigint;
}

/**
 * Mappings of a file that cannot be written and of which no page was: code, and those constants that the loader has
 * put no addresses into. https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html
 */
export function cleanMappings(smaps: string, path: string): Mapping[] {
	const sections = smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
	return sections.flatMap((section) => {
		const head = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ \d+ +(\/.*)$/m.exec(section);
		if (head === null || head[3] !== path || !/^Anonymous: +0 kB$/m.test(section)) return [];
		const start = BigInt(`0x${head[1]}`);
		return [{ start, length: BigInt(`0x${head[2]}`) - start }];
	});
}
