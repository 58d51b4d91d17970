import { check, FFIType, openLibc, SystemError } from "./libc.ts";

const { i32, u32, ptr } = FFIType;
const libc = openLibc({
	setfsuid: { args: [u32], returns: i32 },
	setfsgid: { args: [u32], returns: i32 },
	capget: { args: [ptr, ptr], returns: i32 },
	capset: { args: [ptr, ptr], returns: i32 },
	abort: { args: [], returns: FFIType.void },
});

/** linux/capability.h: version 3, the calling thread; then effective, permitted and inheritable of 32 each, twice. */
const header = new Uint32Array([0x20080522, 0]);

/**
 * Runs the body with new files of the calling thread belonging to somebody, and with all else that it may do. The
 * body must be synchronous: the credentials are the thread's.
 */
export function asFileOwner<T>(owner: { readonly uid: number; readonly gid: number }, body: () => T): T {
	const held = new Uint32Array(6);
	check(libc.capget(header, held), "capget", "self");
	try {
		setOwner(owner);
		// Leaving uid 0 takes the rights over files along, of those in effect alone.
		const all = Uint32Array.from(held);
		[all[0], all[3]] = [held[1]!, held[4]!];
		check(libc.capset(header, all), "capset", "self");
		return body();
	} finally {
		libc.setfsuid(0);
		libc.setfsgid(0);
		// Going on as somebody else would make the engine's own files theirs.
		if (libc.capset(header, held) < 0 || libc.setfsuid(0xffff_ffff) !== 0) libc.abort();
	}
}

/** setfsuid(2) tells of no failure, but gives back who it was before. */
function setOwner({ uid, gid }: { readonly uid: number; readonly gid: number }): void {
	libc.setfsgid(gid);
	libc.setfsuid(uid);
	if (libc.setfsuid(0xffff_ffff) === (uid | 0) && libc.setfsgid(0xffff_ffff) === (gid | 0)) return;
	throw new SystemError("setfsuid", 1, `${uid}:${gid}`);
}
