import { bytePath, fromByteString } from "./byte-path.ts";
import type { FileTime } from "./files-at.ts";
import { errno, errnoName, FFIType, openLibc, ptr, SystemError } from "./libc.ts";

const { i32, u32, ptr: pointer } = FFIType;
const { statx } = openLibc({ statx: { args: [i32, pointer, i32, u32, pointer], returns: i32 } });

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_ATTR_MOUNT_ROOT = 0x2000;

/** Bits of a mode that tell the kind of file. */
export const S = {
	IFMT: 0o170000,
	IFSOCK: 0o140000,
	IFLNK: 0o120000,
	IFREG: 0o100000,
	IFBLK: 0o060000,
	IFDIR: 0o040000,
	IFCHR: 0o020000,
	IFIFO: 0o010000,
} as const;

/** statx(2). */
export interface FileStat {
	/** Kind and permissions. */
	readonly mode: number;
	readonly links: number;
	readonly uid: number;
	readonly gid: number;
	readonly inode: bigint;
	readonly sizeBytes: number;
	/** Disk space, in bytes. */
	readonly allocatedBytes: number;
	readonly accessed: FileTime;
	readonly modified: FileTime;
	/** Of the content or of an attribute; nobody can set it. */
	readonly changed: FileTime;
	/** Of a device node. */
	readonly deviceMajor: number;
	readonly deviceMinor: number;
	/** The file system that holds it. */
	readonly fileSystem: string;
	/** Something is mounted right here. */
	readonly isMountRoot: boolean;
}

const buffer = Buffer.alloc(4096);
const address = ptr(buffer);

/** Of a name in a directory, a symlink itself; `undefined` when it is not there. */
export function statAt(directory: number, name: string): FileStat | undefined {
	if (statx(directory, bytePath(name), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, address) === 0) return parse();
	const number = errno();
	const code = errnoName(number);
	if (code === "ENOENT" || code === "ENOTDIR") return undefined;
	throw new SystemError("statx", number, fromByteString(name));
}

/** Of an open file, O_PATH ones included. */
export function statFd(fd: number): FileStat {
	if (statx(fd, bytePath(""), AT_EMPTY_PATH, STATX_BASIC_STATS, address) < 0)
		throw new SystemError("statx", errno(), String(fd));
	return parse();
}

/** Offsets of `struct statx`, linux/stat.h. */
function parse(): FileStat {
	return {
		links: buffer.readUInt32LE(16),
		uid: buffer.readUInt32LE(20),
		gid: buffer.readUInt32LE(24),
		mode: buffer.readUInt16LE(28),
		inode: buffer.readBigUInt64LE(32),
		sizeBytes: Number(buffer.readBigUInt64LE(40)),
		allocatedBytes: Number(buffer.readBigUInt64LE(48)) * 512,
		isMountRoot: (buffer.readUInt32LE(8) & STATX_ATTR_MOUNT_ROOT) !== 0,
		accessed: time(64),
		modified: time(112),
		changed: time(96),
		deviceMajor: buffer.readUInt32LE(128),
		deviceMinor: buffer.readUInt32LE(132),
		fileSystem: `${buffer.readUInt32LE(136)}:${buffer.readUInt32LE(140)}`,
	};
}

function time(offset: number): FileTime {
	return { seconds: Number(buffer.readBigInt64LE(offset)), nanos: buffer.readUInt32LE(offset + 8) };
}
