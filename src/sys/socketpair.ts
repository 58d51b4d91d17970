import { check, FFIType, openLibc } from "./libc.ts";

const { i32, ptr } = FFIType;
const { socketpair } = openLibc({ socketpair: { args: [i32, i32, i32, ptr], returns: i32 } });

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

/** Two connected stream sockets, both close-on-exec and blocking. */
export function createSocketPair(): [number, number] {
	const fds = new Int32Array(2);
	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), "socketpair", "");
	return [fds[0]!, fds[1]!];
}
