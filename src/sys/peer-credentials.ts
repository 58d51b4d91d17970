import { check, FFIType, openLibc, ptr } from "./libc.ts";

const { i32 } = FFIType;
const { getsockopt } = openLibc({
	getsockopt: { args: [i32, i32, i32, FFIType.ptr, FFIType.ptr], returns: i32 },
});

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

export interface PeerCredentials {
	readonly pid: number;
	readonly uid: number;
	readonly gid: number;
}

/** Who is at the other end of a unix socket, as of when it connected. unix(7), SO_PEERCRED. */
export function peerCredentials(fd: number): PeerCredentials {
	const credentials = new Uint32Array(3);
	const length = new Uint32Array([credentials.byteLength]);
	check(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ptr(credentials), ptr(length)), "getsockopt", String(fd));
	const [pid = 0, uid = 0, gid = 0] = credentials;
	return { pid, uid, gid };
}
