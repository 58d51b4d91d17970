import { closeSync, mkdirSync, openSync } from "node:fs";
import { EngineError, errnoOf, removeTreeSync, translateSystemError } from "../../lib/index.ts";
import type { SnapshotMount } from "../../store/index.ts";
import {
	changeDirectory,
	cloneMountHere,
	closeFd,
	enterPrivateMountNamespace,
	enterRoot,
	joinMountNamespace,
	MS,
	makeDirectoryAt,
	mount,
	O,
	openAt,
	openInRoot,
	S,
	statFd,
	toByteString,
} from "../../sys/index.ts";
import type { ArchiveRoot } from "../contract.ts";

const OPEN_DIRECTORY = O.RDONLY | O.DIRECTORY;

/**
 * Makes a tree this process's root and gives a descriptor of it. `mountPoint` is an empty folder; what is mounted
 * there is seen by this process alone and ends with it.
 */
export function enterTree(root: ArchiveRoot, mountPoint: string): number {
	const fd = openTree(root, mountPoint);
	enterRoot(fd);
	return fd;
}

/**
 * Opens trees side by side, then makes an empty folder this process's root: trees are walked from their descriptors
 * by single names, and an absolute path finds nothing.
 */
export function openTrees(roots: readonly ArchiveRoot[], mountPoint: string): number[] {
	const scratch = enterScratch(mountPoint);
	const fds = roots.map((root, index) => {
		mkdirSync(`${mountPoint}/${index}`);
		return openRoot(root, `${mountPoint}/${index}`);
	});
	mkdirSync(`${mountPoint}/empty`);
	enterRoot(openAt(scratch, "empty", OPEN_DIRECTORY));
	return fds;
}

/** Like {@link enterTree}, without what is mounted inside of the tree. */
export function enterBareTree(root: ArchiveRoot, mountPoint: string): number {
	if (root.kind !== "process") return enterTree(root, mountPoint);
	const fd = openProcessRoot(root.pid);
	const namespace = openProcessFile(root.pid, "ns/mnt", O.RDONLY);
	enterPrivateMountNamespace();
	joinMountNamespace(namespace);
	enterRoot(fd);
	const bare = cloneMountHere();
	changeDirectory(bare);
	const tree = openSync(".", OPEN_DIRECTORY);
	enterRoot(tree);
	return tree;
}

function openTree(root: ArchiveRoot, mountPoint: string): number {
	if (root.kind === "mounts") {
		if (root.namespacePid !== undefined) enterNamespaceOf(root.namespacePid);
		enterScratch(mountPoint);
		mkdirSync(`${mountPoint}/0`);
		return openRoot(root, `${mountPoint}/0`);
	}
	const fd = openRoot(root, "");
	enterPrivateMountNamespace();
	return fd;
}

/** overlayfs takes only folders of mounts that are in its own namespace. */
function enterNamespaceOf(pid: number): void {
	const namespace = openProcessFile(pid, "ns/mnt", O.RDONLY);
	enterPrivateMountNamespace();
	joinMountNamespace(namespace);
	closeSync(namespace);
}

/** A small tmpfs on the mount point, so that trees have places to be mounted on. */
function enterScratch(mountPoint: string): number {
	enterPrivateMountNamespace();
	const flags = MS.NOSUID | MS.NODEV | MS.NOEXEC;
	mount({ source: "hull-archive", target: mountPoint, type: "tmpfs", flags, data: "mode=0700,size=64k" });
	return openSync(mountPoint, OPEN_DIRECTORY);
}

function openRoot(root: ArchiveRoot, target: string): number {
	switch (root.kind) {
		case "directory":
			return openSync(root.path, OPEN_DIRECTORY | O.NOFOLLOW);
		case "process":
			return openProcessRoot(root.pid);
		case "mounts": {
			for (const snapshotMount of root.mounts) mountSnapshot(snapshotMount, target);
			const fd = openSync(target, OPEN_DIRECTORY);
			for (const bind of root.binds ?? []) mountBind(fd, bind);
			return fd;
		}
		default:
			return root satisfies never;
	}
}

function openProcessRoot(pid: number): number {
	return openProcessFile(pid, "root", OPEN_DIRECTORY);
}

function openProcessFile(pid: number, name: string, flags: number): number {
	try {
		return openSync(`/proc/${pid}/${name}`, flags);
	} catch (error) {
		if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ESRCH") throw error;
		throw new EngineError("conflict", `process ${pid} has ended`, { cause: error });
	}
}

function mountSnapshot({ type, source, cwd, options }: SnapshotMount, target: string): void {
	const readOnly = options.includes("ro");
	try {
		if (type === "bind") {
			mountBindAt(source, target, readOnly);
			return;
		}
		const data = options.filter((option) => option !== "ro" && option !== "rw").join(",");
		if (cwd !== undefined) enterFolder(cwd);
		forgetVolatileMount(options);
		mount({ source, target, type, flags: readOnly ? MS.RDONLY : 0, data });
	} catch (error) {
		throw translateSystemError(error, "mount snapshot");
	}
}

/** One worker after the other writes to a build's tree; the kernel refuses what was mounted `volatile` before. */
function forgetVolatileMount(options: readonly string[]): void {
	if (!options.includes("volatile")) return;
	const work = options.find((option) => option.startsWith("workdir="))?.slice("workdir=".length);
	if (work !== undefined) removeTreeSync(`${work}/work/incompat`);
}

interface Bind {
	readonly source: string;
	readonly subpath?: string;
	readonly target: string;
	readonly readOnly: boolean;
}

/** Where the target is missing it is made, as the container's start would. */
function mountBind(root: number, { source: base, subpath = "", target, readOnly }: Bind): void {
	const held = openBelow(base, subpath);
	const source = `/proc/self/fd/${held}`;
	const isDirectory = (statFd(held).mode & S.IFMT) === S.IFDIR;
	const path = toByteString(target);
	const fd = openOrMake(root, path, isDirectory);
	try {
		if (((statFd(fd).mode & S.IFMT) === S.IFDIR) !== isDirectory)
			throw new EngineError(
				"conflict",
				`mount ${target}: one of the two is a directory and the other is not`,
			);
		mount({ source, target: `/proc/self/fd/${fd}`, type: "", flags: MS.BIND | MS.REC });
	} finally {
		closeFd(fd);
		closeFd(held);
	}
	// The descriptor is of what lies below the new mount: the path leads to the mount itself.
	if (readOnly) remountReadOnly(openOrMake(root, path, isDirectory));
}

/** Links in a volume are its containers': they must not lead out of it, whenever they are made. */
function openBelow(base: string, subpath: string): number {
	const source = openSync(base, O.PATH);
	if (subpath === "") return source;
	const fd = openInRoot(source, toByteString(subpath), O.PATH);
	closeSync(source);
	if (fd === undefined)
		throw new EngineError(
			"invalid_argument",
			`cannot access path ${base}/${subpath}: no such file or directory`,
		);
	return fd;
}

function remountReadOnly(fd: number): void {
	try {
		const flags = MS.BIND | MS.REMOUNT | MS.RDONLY;
		mount({ source: "none", target: `/proc/self/fd/${fd}`, type: "", flags });
	} finally {
		closeFd(fd);
	}
}

function openOrMake(root: number, path: string, isDirectory: boolean): number {
	const existing = openInRoot(root, path, O.PATH);
	if (existing !== undefined) return existing;
	const parts = path.split("/").filter((part) => part !== "");
	const name = parts.pop() ?? ".";
	const parent = parts.length === 0 ? openAt(root, ".", O.PATH) : openOrMake(root, parts.join("/"), true);
	try {
		if (isDirectory) makeDirectoryAt(parent, name, 0o755);
		else closeFd(openAt(parent, name, O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW, 0o644));
		return openAt(parent, name, O.PATH | O.NOFOLLOW);
	} finally {
		closeFd(parent);
	}
}

function mountBindAt(source: string, target: string, readOnly: boolean): void {
	mount({ source, target, type: "", flags: MS.BIND | MS.REC });
	if (readOnly) mount({ source: "none", target, type: "", flags: MS.BIND | MS.REMOUNT | MS.RDONLY });
}

function enterFolder(path: string): void {
	const fd = openSync(path, OPEN_DIRECTORY);
	changeDirectory(fd);
	closeSync(fd);
}
