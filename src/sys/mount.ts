import { check, cString, FFIType, openLibc } from "./libc.ts";

const { i32, u64, ptr } = FFIType;

const libc = openLibc({
	mount: { args: [ptr, ptr, ptr, u64, ptr], returns: i32 },
	umount2: { args: [ptr, i32], returns: i32 },
	unshare: { args: [i32], returns: i32 },
});

const CLONE_NEWNS = 0x20000;
const MNT_DETACH = 2;

/** linux/mount.h. */
export const MS = {
	RDONLY: 1,
	NOSUID: 2,
	NODEV: 4,
	NOEXEC: 8,
	REMOUNT: 32,
	BIND: 4096,
	REC: 16384,
	PRIVATE: 1 << 18,
	SLAVE: 1 << 19,
	SHARED: 1 << 20,
} as const;

/** mount(2). Relative paths, those in `data` too, are taken from the current directory. */
export function mount(options: {
	source: string;
	target: string;
	type: string;
	flags: number;
	/** File system options, joined by commas; at most a page. */
	data?: string;
}): void {
	const { source, target, type, flags, data = "" } = options;
	const result = libc.mount(cString(source), cString(target), cString(type), flags, cString(data));
	check(result, "mount", `${type} ${source} on ${target}`);
}

/** Detaches a mount; what still uses it goes on. */
export function unmount(target: string): void {
	check(libc.umount2(cString(target), MNT_DETACH), "umount2", target);
}

/**
 * Gives the calling thread a mount namespace, and with it a root and current directory, of its own; nothing mounted
 * there is seen outside. Other threads of the process stay behind, so only synchronous calls see the new one: for
 * workers only.
 */
export function enterPrivateMountNamespace(): void {
	check(libc.unshare(CLONE_NEWNS), "unshare", "mount namespace");
	mount({ source: "none", target: "/", type: "", flags: MS.REC | MS.PRIVATE });
}
