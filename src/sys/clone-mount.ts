import { bytePath } from "./byte-path.ts";
import { check, FFIType, openLibc } from "./libc.ts";

const { i32, i64, i64_fast, u64, ptr } = FFIType;
const libc = openLibc({
	setns: { args: [i32, i32], returns: i32 },
	syscall: { args: [i64, i64, ptr, u64], returns: i64_fast },
});

const CLONE_NEWNS = 0x20000;
const SYS_OPEN_TREE = 428;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;

/** Puts the calling thread, which must have a root of its own already, into a mount namespace. For workers only. */
export function joinMountNamespace(fd: number): void {
	check(libc.setns(fd, CLONE_NEWNS), "setns", "mount namespace");
}

/** The mount at the current directory alone, without what is mounted inside of it; seen nowhere, gone when closed. */
export function cloneMountHere(): number {
	const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	return check(Number(libc.syscall(SYS_OPEN_TREE, AT_FDCWD, bytePath("."), flags)), "open_tree", ".");
}
