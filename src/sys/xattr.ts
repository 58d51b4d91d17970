/**
 * Extended attributes. Names are byte strings; a path is taken relative to the current directory and a symlink is not
 * followed (the kernels we run on have no calls relative to a directory descriptor for these).
 */
import { bytePath, fromByteString } from "./byte-path.ts";
import { errno, errnoName, FFIType, openLibc, ptr, SystemError } from "./libc.ts";

const { i32, i64_fast, u64, ptr: pointer } = FFIType;

const libc = openLibc({
	llistxattr: { args: [pointer, pointer, u64], returns: i64_fast },
	flistxattr: { args: [i32, pointer, u64], returns: i64_fast },
	lgetxattr: { args: [pointer, pointer, pointer, u64], returns: i64_fast },
	fgetxattr: { args: [i32, pointer, pointer, u64], returns: i64_fast },
	lsetxattr: { args: [pointer, pointer, pointer, u64, i32], returns: i32 },
	fsetxattr: { args: [i32, pointer, pointer, u64, i32], returns: i32 },
});

/** Linux's XATTR_LIST_MAX and XATTR_SIZE_MAX. */
const buffer = Buffer.alloc(65536);
const address = ptr(buffer);

/** A descriptor (not O_PATH), or a path below the current directory. */
export type XattrPlace = number | string;

/** Names only; empty where the file system has none. */
export function listXattrs(place: XattrPlace): string[] {
	const length = Number(
		typeof place === "number"
			? libc.flistxattr(place, address, buffer.length)
			: libc.llistxattr(bytePath(place), address, buffer.length),
	);
	if (length < 0) {
		const number = errno();
		if (errnoName(number) === "ENOTSUP" || errnoName(number) === "EOPNOTSUPP") return [];
		throw new SystemError("listxattr", number, describe(place));
	}
	if (length === 0) return [];
	return buffer.toString("latin1", 0, length - 1).split("\0");
}

/** `undefined` when there is none of that name. */
export function getXattr(place: XattrPlace, name: string): Uint8Array | undefined {
	const length = Number(
		typeof place === "number"
			? libc.fgetxattr(place, bytePath(name, 1), address, buffer.length)
			: libc.lgetxattr(bytePath(place), bytePath(name, 1), address, buffer.length),
	);
	if (length >= 0) return Uint8Array.prototype.slice.call(buffer, 0, length);
	const number = errno();
	const code = errnoName(number);
	if (code === "ENODATA" || code === "ENOTSUP" || code === "EOPNOTSUPP") return undefined;
	throw new SystemError("getxattr", number, `${describe(place)} ${name}`);
}

export function setXattr(place: XattrPlace, name: string, value: Uint8Array): void {
	const length = value.length;
	if (length > buffer.length) throw new RangeError(`xattr ${name}: ${length} bytes`);
	buffer.set(value);
	const result =
		typeof place === "number"
			? libc.fsetxattr(place, bytePath(name, 1), address, length, 0)
			: libc.lsetxattr(bytePath(place), bytePath(name, 1), address, length, 0);
	if (result < 0) throw new SystemError("setxattr", errno(), `${describe(place)} ${name}`);
}

function describe(place: XattrPlace): string {
	return typeof place === "number" ? String(place) : fromByteString(place);
}
