import { check, FFIType, openLibc } from "./libc.ts";

const { i32, u64 } = FFIType;
const { prctl } = openLibc({ prctl: { args: [i32, u64, u64, u64, u64], returns: i32 } });

const PR_SET_DUMPABLE = 4;
let forbidden = false;

/** This process leaves no core dump from now on; programs that it starts are not affected. */
export function forbidCoreDumps(): void {
	if (forbidden) return;
	check(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl", "PR_SET_DUMPABLE");
	forbidden = true;
}
