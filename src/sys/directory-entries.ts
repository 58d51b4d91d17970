import { check, FFIType, openLibc, ptr } from "./libc.ts";

const { i32, i64_fast, u64, ptr: pointer } = FFIType;
const { getdents64 } = openLibc({ getdents64: { args: [i32, pointer, u64], returns: i64_fast } });

const buffer = Buffer.alloc(1 << 18);
const address = ptr(buffer);

/** The names in an open directory (byte strings, without `.` and `..`), in the order of bytes. */
export function listDirectory(fd: number): string[] {
	const names: string[] = [];
	for (;;) {
		const length = check(Number(getdents64(fd, address, buffer.length)), "getdents64", String(fd));
		if (length === 0) break;
		for (let offset = 0; offset < length; offset += buffer.readUInt16LE(offset + 16)) {
			const start = offset + 19;
			const name = buffer.toString("latin1", start, buffer.indexOf(0, start));
			if (name !== "." && name !== "..") names.push(name);
		}
	}
	return names.sort();
}
