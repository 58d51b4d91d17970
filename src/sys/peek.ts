import { readSync } from "node:fs";
import { errnoOf } from "../lib/index.ts";
import { check, FFIType, openLibc, ptr } from "./libc.ts";

const { i32, u64, i64_fast } = FFIType;
const { recv } = openLibc({ recv: { args: [i32, FFIType.ptr, u64, i32], returns: i64_fast } });

const MSG_PEEK = 2;
const MSG_WAITALL = 0x100;

/** The first bytes of an open file or stream socket, left to be read again; fewer when it ends before. */
export function peekBytes(fd: number, length: number): Uint8Array {
	const bytes = new Uint8Array(length);
	try {
		return bytes.subarray(0, readSync(fd, bytes, 0, length, 0));
	} catch (error) {
		if (errnoOf(error) !== "ESPIPE") throw error;
	}
	return bytes.subarray(
		0,
		check(Number(recv(fd, ptr(bytes), length, MSG_PEEK | MSG_WAITALL)), "recv", String(fd)),
	);
}
