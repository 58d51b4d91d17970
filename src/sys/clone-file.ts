import { errno, errnoName, FFIType, openLibc, SystemError } from "./libc.ts";

const { i32, u64 } = FFIType;
const { ioctl } = openLibc({ ioctl: { args: [i32, u64, u64], returns: i32 } });

/** linux/fs.h: `_IOW(0x94, 9, int)`. */
const FICLONE = 0x40049409n;
/** What file systems answer that cannot share blocks, or not these. */
const cannot = new Set(["EOPNOTSUPP", "ENOTSUP", "ENOTTY", "EXDEV", "EINVAL", "ETXTBSY", "EPERM"]);

/**
 * Gives an empty open file the content of another by sharing its blocks, which are copied when one of the two is
 * written to (ioctl_ficlone(2)). False where the file system has no such thing.
 */
export function cloneFile(from: number, to: number): boolean {
	if (ioctl(to, FICLONE, BigInt(from)) === 0) return true;
	const number = errno();
	if (cannot.has(errnoName(number))) return false;
	throw new SystemError("ioctl", number, "FICLONE");
}
