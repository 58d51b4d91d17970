import { check, errno, errnoName, FFIType, openLibc, SystemError } from "./libc.ts";

const { i32, i64, i64_fast } = FFIType;
const libc = openLibc({
	lseek: { args: [i32, i64, i32], returns: i64_fast },
	ftruncate: { args: [i32, i64], returns: i32 },
});

const SEEK_SET = 0;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

export interface Extent {
	readonly offset: number;
	readonly length: number;
}

/** The parts of an open file that hold data, in order; what lies between are holes. Leaves the position at 0. */
export function dataExtents(fd: number, sizeBytes: number): Extent[] {
	const extents: Extent[] = [];
	for (let position = 0; position < sizeBytes; ) {
		const offset = seekData(fd, position);
		if (offset === undefined || offset >= sizeBytes) break;
		const end = Math.min(check(Number(libc.lseek(fd, offset, SEEK_HOLE)), "lseek", String(fd)), sizeBytes);
		extents.push({ offset, length: end - offset });
		position = end;
	}
	check(Number(libc.lseek(fd, 0, SEEK_SET)), "lseek", String(fd));
	return extents;
}

/** Sets the size; a longer file gets a hole. */
export function setFileSize(fd: number, sizeBytes: number): void {
	check(libc.ftruncate(fd, sizeBytes), "ftruncate", String(fd));
}

/** Moves the position, beyond the end too. */
export function seekTo(fd: number, offset: number): void {
	check(Number(libc.lseek(fd, offset, SEEK_SET)), "lseek", String(fd));
}

function seekData(fd: number, position: number): number | undefined {
	const offset = Number(libc.lseek(fd, position, SEEK_DATA));
	if (offset >= 0) return offset;
	const number = errno();
	if (errnoName(number) === "ENXIO") return undefined;
	throw new SystemError("lseek", number, String(fd));
}
