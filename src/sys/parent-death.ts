import { check, FFIType, openLibc } from "./libc.ts";

const { i32, u64 } = FFIType;
const { prctl } = openLibc({ prctl: { args: [i32, u64, u64, u64, u64], returns: i32 } });

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/** The kernel kills this process when its parent ends; says whether the parent is still the expected one. */
export function dieWithParent(parentPid: number): boolean {
	check(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "prctl", "PR_SET_PDEATHSIG");
	return process.ppid === parentPid;
}
