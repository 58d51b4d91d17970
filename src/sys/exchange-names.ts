import { bytePath, toByteString } from "./byte-path.ts";
import { check, FFIType, openLibc } from "./libc.ts";

const { i32, u32, ptr } = FFIType;
const { renameat2 } = openLibc({ renameat2: { args: [i32, ptr, i32, ptr, u32], returns: i32 } });

const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

/** Two absolute paths of one file system change places in one step; nobody ever sees less than both. */
export function exchangeNames(one: string, other: string): void {
	const result = renameat2(
		AT_FDCWD,
		bytePath(toByteString(one)),
		AT_FDCWD,
		bytePath(toByteString(other), 1),
		RENAME_EXCHANGE,
	);
	check(result, "renameat2", `${one} and ${other}`);
}
