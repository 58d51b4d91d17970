import { bytePath } from "./byte-path.ts";
import { closeFd } from "./files-at.ts";
import { check, cString, FFIType, openLibc } from "./libc.ts";
import { MS } from "./mount.ts";

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
const MOUNT_ATTR = { RDONLY: 1, NOSUID: 2, NODEV: 4, NOEXEC: 8, IDMAP: 0x10_0000 } as const;
const FSCONFIG = { SET_FLAG: 0, SET_STRING: 1, CMD_CREATE: 6 } as const;

/**
 * A copy of the mount at a descriptor (O_PATH will do), as a bind mount would make it; `recursive` takes what is
 * mounted below along. Of a shared mount it is a peer. The descriptor stays the caller's.
 */
export function cloneTree(fd: number, options: { readonly recursive: boolean }): number {
	const flags = OPEN_TREE_CLONE | CLOEXEC | AT_EMPTY_PATH | (options.recursive ? AT_RECURSIVE : 0);
	return check(Number(libc.syscall(SYS.open_tree, fd, bytePath("", 0), flags)), "open_tree", String(fd));
}

/**
 * An overlay of folders, the topmost first: read-only of two at least, or with a folder that takes what is written
 * and an empty one beside it. Linux 6.5; EINVAL before.
 */
export function overlayTree(
	lower: readonly string[],
	options: readonly string[],
	writable?: {
		readonly upper: string;
		readonly work: string;
		/** It is a container's root: devices and programs with more rights than their caller's are what they say. */
		readonly root?: boolean;
	},
): number {
	const settings: [string, string?][] = lower.map((folder) => ["lowerdir+", folder]);
	settings.push(...options.map(splitOption));
	if (writable === undefined) settings.push(["ro"]);
	else settings.push(["upperdir", writable.upper], ["workdir", writable.work]);
	const inert = writable?.root === true ? 0 : MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV;
	const attributes = (writable === undefined ? MOUNT_ATTR.RDONLY : 0) | inert;
	return newTree("overlay", { settings, attributes });
}

/** An empty tmpfs. `options` are mount(2)'s: `ro`, `exec`, and its own (`size=64m`, `mode=1777`). */
export function tmpfsTree(options: readonly string[]): number {
	let attributes: number = MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC;
	if (options.includes("exec")) attributes &= ~MOUNT_ATTR.NOEXEC;
	if (options.includes("ro")) attributes |= MOUNT_ATTR.RDONLY;
	return newTree("tmpfs", {
		settings: options.filter((option) => option.includes("=")).map(splitOption),
		attributes,
	});
}

/** One without a value is a flag. */
function splitOption(option: string): [string, string?] {
	const equals = option.indexOf("=");
	return equals < 0 ? [option] : [option.slice(0, equals), option.slice(equals + 1)];
}

function newTree(
	type: string,
	{ settings, attributes }: { readonly settings: readonly [string, string?][]; readonly attributes: number },
): number {
	const name = cString(type);
	const context = check(Number(opening.syscall(SYS.fsopen, name, 1)), "fsopen", type);
	try {
		for (const [key, value] of settings) {
			if (value === undefined) command(context, FSCONFIG.SET_FLAG, key);
			else configure(context, key, value);
		}
		command(context, FSCONFIG.CMD_CREATE);
		return check(Number(mounting.syscall(SYS.fsmount, context, 1, attributes)), "fsmount", type);
	} finally {
		closeFd(context);
	}
}

/** How mounts made later travel: to nobody, from the host to the tree, both ways. */
export type TreePropagation = "private" | "slave" | "shared";

/** Changes a tree, with everything that is mounted in it when `recursive` is set. ENOSYS before Linux 5.12. */
export function restrictTree(
	tree: number,
	options: {
		readonly readOnly: boolean;
		/** What it holds is nothing to the kernel: no device, no program with more rights than its caller's. */
		readonly inert?: boolean;
		readonly propagation?: TreePropagation;
		readonly recursive: boolean;
	},
): void {
	const { readOnly, inert = false, propagation, recursive } = options;
	const set = (readOnly ? MOUNT_ATTR.RDONLY : 0) | (inert ? MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV : 0);
	const type =
		propagation === undefined ? 0 : MS[propagation.toUpperCase() as "PRIVATE" | "SLAVE" | "SHARED"];
	changeTree(tree, { set, type, userNamespace: 0, recursive });
}

/**
 * Makes files of a tree belong to whom a user namespace says: who they are of on the disk is an id inside of it.
 * Only once. EINVAL when a file system in it cannot do that; Linux 5.12.
 */
export function mapTree(tree: number, userNamespace: number, options: { readonly recursive: boolean }): void {
	changeTree(tree, { set: MOUNT_ATTR.IDMAP, type: 0, userNamespace, ...options });
}

function changeTree(
	tree: number,
	change: {
		readonly set: number;
		readonly type: number;
		readonly userNamespace: number;
		readonly recursive: boolean;
	},
): void {
	const { set, type, userNamespace, recursive } = change;
	const attributes = new BigUint64Array([BigInt(set), 0n, BigInt(type), BigInt(userNamespace)]);
	const flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
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
