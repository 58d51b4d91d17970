import { bytePath } from "./byte-path.ts";
import { closeFd } from "./files-at.ts";
import { check, cString, FFIType, openLibc } from "./libc.ts";

/**
 * Mounts that are nowhere: held by a descriptor alone, gone when it is closed, and put into a mount namespace by
 * whoever inherits it. https://man7.org/linux/man-pages/man2/open_tree.2.html
 */
const { i64, i64_fast, u64, ptr } = FFIType;
const libc = openLibc({ syscall: { args: [i64, i64, ptr, u64], returns: i64_fast } });
const six = openLibc({ syscall: { args: [i64, i64, ptr, u64, ptr, u64], returns: i64_fast } });
const opening = openLibc({ syscall: { args: [i64, ptr, u64], returns: i64_fast } });
const configuring = openLibc({ syscall: { args: [i64, i64, u64, ptr, ptr, i64], returns: i64_fast } });
const mounting = openLibc({ syscall: { args: [i64, i64, u64, u64], returns: i64_fast } });

const SYS = { open_tree: 428, fsopen: 430, fsconfig: 431, fsmount: 432, mount_setattr: 442 } as const;
const OPEN_TREE_CLONE = 1;
const CLOEXEC = 0o2000000;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const MOUNT_ATTR = { RDONLY: 1, NOSUID: 2, NODEV: 4 } as const;
const FSCONFIG = { SET_FLAG: 0, SET_STRING: 1, CMD_CREATE: 6 } as const;

/**
 * A copy of the mount at a descriptor (O_PATH will do), as a bind mount would make it; `recursive` takes what is
 * mounted below along. Of a shared mount it is a peer. The descriptor stays the caller's.
 */
export function cloneTree(fd: number, options: { readonly recursive: boolean }): number {
	const flags = OPEN_TREE_CLONE | CLOEXEC | AT_EMPTY_PATH | (options.recursive ? AT_RECURSIVE : 0);
	return check(Number(libc.syscall(SYS.open_tree, fd, bytePath("", 0), flags)), "open_tree", String(fd));
}

/** A read-only overlay of folders, the topmost first; two at least. Linux 6.5; EINVAL before. */
export function overlayTree(lower: readonly string[], options: readonly string[]): number {
	const name = cString("overlay");
	const context = check(Number(opening.syscall(SYS.fsopen, name, 1)), "fsopen", "overlay");
	try {
		for (const folder of lower) configure(context, "lowerdir+", folder);
		for (const option of options) {
			const equals = option.indexOf("=");
			configure(context, option.slice(0, equals), option.slice(equals + 1));
		}
		command(context, FSCONFIG.SET_FLAG, "ro");
		command(context, FSCONFIG.CMD_CREATE);
		const attributes = MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV;
		return check(Number(mounting.syscall(SYS.fsmount, context, 1, attributes)), "fsmount", "overlay");
	} finally {
		closeFd(context);
	}
}

/** Makes a tree read-only, with everything that is mounted in it. ENOSYS before Linux 5.12. */
export function makeTreeReadOnly(tree: number): void {
	const attributes = new BigUint64Array([BigInt(MOUNT_ATTR.RDONLY), 0n, 0n, 0n]);
	const flags = AT_EMPTY_PATH | AT_RECURSIVE;
	const size = attributes.byteLength;
	const result = six.syscall(SYS.mount_setattr, tree, bytePath("", 0), flags, attributes, size);
	check(Number(result), "mount_setattr", String(tree));
}

function configure(context: number, key: string, value: string): void {
	const [name, text] = [cString(key), cString(value)];
	const result = configuring.syscall(SYS.fsconfig, context, FSCONFIG.SET_STRING, name, text, 0);
	check(Number(result), "fsconfig", `${key}=${value}`);
}

function command(context: number, what: number, key?: string): void {
	const name = key === undefined ? null : cString(key);
	check(Number(configuring.syscall(SYS.fsconfig, context, what, name, null, 0)), "fsconfig", key ?? "create");
}
