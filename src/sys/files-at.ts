/**
 * File calls relative to an open directory. Names are byte strings (see `byte-path.ts`); none of these follows a
 * symlink in the last component unless it says so.
 */

import { bytePath, fromByteString } from "./byte-path.ts";
import { check, errno, errnoName, FFIType, openLibc, ptr, SystemError } from "./libc.ts";

const { i32, u32, i64, i64_fast, u64, ptr: pointer } = FFIType;

const libc = openLibc({
	openat: { args: [i32, pointer, i32, u32], returns: i32 },
	syscall: { args: [i64, i64, pointer, pointer, u64], returns: i64_fast },
	mkdirat: { args: [i32, pointer, u32], returns: i32 },
	mknodat: { args: [i32, pointer, u32, u64], returns: i32 },
	unlinkat: { args: [i32, pointer, i32], returns: i32 },
	linkat: { args: [i32, pointer, i32, pointer, i32], returns: i32 },
	symlinkat: { args: [pointer, i32, pointer], returns: i32 },
	readlinkat: { args: [i32, pointer, pointer, u64], returns: i64_fast },
	fchownat: { args: [i32, pointer, u32, u32, i32], returns: i32 },
	fchmodat: { args: [i32, pointer, u32, i32], returns: i32 },
	fchown: { args: [i32, u32, u32], returns: i32 },
	fchmod: { args: [i32, u32], returns: i32 },
	utimensat: { args: [i32, pointer, pointer, i32], returns: i32 },
	futimens: { args: [i32, pointer], returns: i32 },
	fchdir: { args: [i32], returns: i32 },
	close: { args: [i32], returns: i32 },
});

/** Values of x86-64 and arm64 alike, but for O_DIRECTORY and O_NOFOLLOW, which differ on arm64. */
const arm = process.arch === "arm64";
export const O = {
	RDONLY: 0,
	WRONLY: 1,
	RDWR: 2,
	CREAT: 0o100,
	EXCL: 0o200,
	NONBLOCK: 0o4000,
	DIRECTORY: arm ? 0o40000 : 0o200000,
	NOFOLLOW: arm ? 0o100000 : 0o400000,
	NOATIME: 0o1000000,
	CLOEXEC: 0o2000000,
	PATH: 0o10000000,
} as const;

/** The directory descriptor that means the current directory. */
export const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const SYS_OPENAT2 = 437;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;

/** Opens a name in a directory; O_CLOEXEC is added. */
export function openAt(directory: number, name: string, flags: number, mode = 0): number {
	const fd = libc.openat(directory, bytePath(name), flags | O.CLOEXEC, mode);
	return fd < 0 ? fail("openat", name) : fd;
}

const openHow = new BigUint64Array(128);
const openHowAddress = ptr(openHow);
const OPEN_HOW_SIZE = 24;

/**
 * Opens a path with `root` as its `/`: `..`, absolute names and symlinks stay inside, and the magic links of procfs
 * are not followed (ELOOP). The last component is followed unless the flags have O_NOFOLLOW. `undefined`: not there.
 */
export function openInRoot(root: number, path: string, flags: number): number | undefined {
	openHow[0] = BigInt(flags | O.CLOEXEC);
	openHow[1] = 0n;
	openHow[2] = BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	for (let attempt = 0; ; attempt++) {
		const name = bytePath(path === "" ? "." : path);
		const fd = Number(libc.syscall(SYS_OPENAT2, root, name, openHowAddress, OPEN_HOW_SIZE));
		if (fd >= 0) return fd;
		const code = errnoName(errno());
		if (code === "ENOENT" || code === "ENOTDIR") return undefined;
		// EAGAIN: something was renamed while `..` was looked up.
		if (code !== "EAGAIN" || attempt === 100) return fail("openat2", path);
	}
}

/** False when the name is taken. */
export function makeDirectoryAt(directory: number, name: string, mode: number): boolean {
	return libc.mkdirat(directory, bytePath(name), mode) === 0 || taken("mkdirat", name);
}

/** `mode` carries the file type (S_IFCHR, S_IFBLK, S_IFIFO). */
export function makeNodeAt(
	directory: number,
	name: string,
	node: { mode: number; major?: number; minor?: number },
): void {
	const device = makeDevice(node.major ?? 0, node.minor ?? 0);
	if (libc.mknodat(directory, bytePath(name), node.mode, device) < 0) fail("mknodat", name);
}

/** glibc's makedev: 12 and 20 bits in the low half as the kernel has them, the rest above. */
function makeDevice(major: number, minor: number): bigint {
	const high = BigInt(major);
	const low = BigInt(minor);
	return (low & 0xffn) | ((high & 0xfffn) << 8n) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n);
}

/** False when it was not there. */
export function unlinkAt(directory: number, name: string): boolean {
	return libc.unlinkat(directory, bytePath(name), 0) === 0 || absent("unlinkat", name);
}

/** Removes an empty directory. False when it was not there. */
export function removeDirectoryAt(directory: number, name: string): boolean {
	return libc.unlinkat(directory, bytePath(name), AT_REMOVEDIR) === 0 || absent("unlinkat", name);
}

/** Makes a hard link; a symlink is linked itself. */
export function linkAt(from: { directory: number; name: string }, directory: number, name: string): void {
	if (libc.linkat(from.directory, bytePath(from.name), directory, bytePath(name, 1), 0) < 0)
		fail("linkat", name);
}

export function symlinkAt(target: string, directory: number, name: string): void {
	if (libc.symlinkat(bytePath(target), directory, bytePath(name, 1)) < 0) fail("symlinkat", name);
}

const linkBuffer = Buffer.alloc(4096);

/** The text of a symlink, as a byte string. */
export function readLinkAt(directory: number, name: string): string {
	const length = Number(libc.readlinkat(directory, bytePath(name), ptr(linkBuffer), linkBuffer.length));
	if (length < 0) fail("readlinkat", name);
	return linkBuffer.toString("latin1", 0, length);
}

export function changeOwnerAt(directory: number, name: string, owner: { uid: number; gid: number }): void {
	if (libc.fchownat(directory, bytePath(name), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) < 0)
		fail("fchownat", name);
}

/** Follows a symlink (the kernel has no other call): only for names known to be something else. */
export function changeModeAt(directory: number, name: string, mode: number): void {
	if (libc.fchmodat(directory, bytePath(name), mode, 0) < 0) fail("fchmodat", name);
}

export function changeOwner(fd: number, owner: { uid: number; gid: number }): void {
	if (libc.fchown(fd, owner.uid, owner.gid) < 0) fail("fchown", "");
}

export function changeMode(fd: number, mode: number): void {
	if (libc.fchmod(fd, mode) < 0) fail("fchmod", "");
}

export interface FileTime {
	/** Since 1970, may be negative. */
	readonly seconds: number;
	/** 0 to 999,999,999. */
	readonly nanos: number;
}

const times = new BigInt64Array(128);
const timesAddress = ptr(times);

export function setTimesAt(
	directory: number,
	name: string,
	time: { access: FileTime; modified: FileTime },
): void {
	fillTimes(time);
	if (libc.utimensat(directory, bytePath(name), timesAddress, AT_SYMLINK_NOFOLLOW) < 0)
		fail("utimensat", name);
}

export function setTimes(fd: number, time: { access: FileTime; modified: FileTime }): void {
	fillTimes(time);
	if (libc.futimens(fd, timesAddress) < 0) fail("futimens", "");
}

function fillTimes({ access, modified }: { access: FileTime; modified: FileTime }): void {
	times[0] = BigInt(access.seconds);
	times[1] = BigInt(access.nanos);
	times[2] = BigInt(modified.seconds);
	times[3] = BigInt(modified.nanos);
}

/** Makes it the current directory of this thread's file system context. */
export function changeDirectory(fd: number): void {
	check(libc.fchdir(fd), "fchdir", String(fd));
}

export function closeFd(fd: number): void {
	libc.close(fd);
}

function fail(syscall: string, name: string): never {
	const number = errno();
	throw new SystemError(syscall, number, fromByteString(name));
}

function taken(syscall: string, name: string): false {
	const number = errno();
	if (errnoName(number) === "EEXIST") return false;
	throw new SystemError(syscall, number, fromByteString(name));
}

function absent(syscall: string, name: string): false {
	const number = errno();
	if (errnoName(number) === "ENOENT") return false;
	throw new SystemError(syscall, number, fromByteString(name));
}
