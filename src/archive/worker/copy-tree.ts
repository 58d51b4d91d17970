import { openSync, readSync, writeSync } from "node:fs";
import {
	AT_FDCWD,
	changeDirectory,
	changeMode,
	changeOwner,
	changeOwnerAt,
	closeFd,
	dataExtents,
	type FileStat,
	linkAt,
	listDirectory,
	makeDirectoryAt,
	makeNodeAt,
	O,
	openAt,
	readLinkAt,
	S,
	setFileSize,
	setTimes,
	setTimesAt,
	setXattr,
	statAt,
	statFd,
	symlinkAt,
	toByteString,
} from "../../sys/index.ts";
import type { WorkerRequest } from "../protocol.ts";
import { followLinks } from "./container-path.ts";
import { enterTree } from "./enter-tree.ts";
import { readXattrs } from "./read-xattrs.ts";

const CHUNK_BYTES = 1 << 20;
const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
const OPEN_DIRECTORY = O.RDONLY | O.DIRECTORY | O.NOFOLLOW;

/** Where a file with several names went first. */
type Linked = Map<string, { readonly directory: number; readonly name: string }>;

/** A folder of a tree into an empty folder outside of it, which is opened before the tree becomes the root. */
export function copyTree(request: Extract<WorkerRequest, { op: "copy-tree" }>): void {
	const target = openSync(request.target, OPEN_DIRECTORY);
	enterTree(request.root, request.mountPoint);
	const path = followLinks(toByteString(request.path));
	const stat = statAt(AT_FDCWD, path);
	if (stat === undefined || (stat.mode & S.IFMT) !== S.IFDIR) return;
	copyChildren(openAt(AT_FDCWD, path, OPEN_DIRECTORY), target, new Map());
}

/** Copies what is in an open folder, then the folder's own attributes, last as the copying changes its time. */
function copyChildren(from: number, to: number, linked: Linked): void {
	for (const name of listDirectory(from)) copyName({ from, to, name }, linked);
	const stat = statFd(from);
	changeOwner(to, stat);
	changeMode(to, stat.mode & 0o7777);
	for (const [key, value] of readXattrs(from)) setXattr(to, key, value);
	setTimes(to, { access: stat.accessed, modified: stat.modified });
}

interface Step {
	readonly from: number;
	readonly to: number;
	readonly name: string;
}

function copyName(step: Step, linked: Linked): void {
	const { from, to, name } = step;
	const stat = statAt(from, name);
	if (stat === undefined) return;
	const kind = stat.mode & S.IFMT;
	if (kind === S.IFDIR) {
		copyDirectory(step, linked);
		return;
	}
	if (kind === S.IFSOCK) return;
	const key = `${stat.fileSystem}:${stat.inode}`;
	const first = stat.links > 1 ? linked.get(key) : undefined;
	if (first !== undefined) {
		linkAt(first, to, name);
		return;
	}
	if (kind === S.IFREG) copyFile(step);
	else copySpecial(step, stat);
	// The descriptor stays open for later names: there are few such folders.
	if (stat.links > 1) linked.set(key, { directory: openAt(to, ".", O.PATH | O.DIRECTORY), name });
}

function copyDirectory({ from, to, name }: Step, linked: Linked): void {
	makeDirectoryAt(to, name, 0o700);
	const inside = openAt(from, name, OPEN_DIRECTORY);
	const copy = openAt(to, name, OPEN_DIRECTORY);
	try {
		copyChildren(inside, copy, linked);
	} finally {
		closeFd(inside);
		closeFd(copy);
	}
}

function copyFile({ from, to, name }: Step): void {
	const source = openAt(from, name, O.RDONLY | O.NOFOLLOW | O.NONBLOCK);
	const copy = openAt(to, name, O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW, 0o600);
	try {
		const stat = statFd(source);
		if ((stat.mode & S.IFMT) !== S.IFREG) return;
		for (const { offset, length } of dataExtents(source, stat.sizeBytes))
			copyBytes(source, copy, offset, length);
		setFileSize(copy, stat.sizeBytes);
		changeOwner(copy, stat);
		changeMode(copy, stat.mode & 0o7777);
		for (const [key, value] of readXattrs(source)) setXattr(copy, key, value);
		setTimes(copy, { access: stat.accessed, modified: stat.modified });
	} finally {
		closeFd(source);
		closeFd(copy);
	}
}

function copyBytes(source: number, copy: number, offset: number, length: number): void {
	for (let done = 0; done < length; ) {
		const count = readSync(source, buffer, 0, Math.min(CHUNK_BYTES, length - done), offset + done);
		if (count === 0) return;
		for (let written = 0; written < count; )
			written += writeSync(copy, buffer, written, count - written, offset + done + written);
		done += count;
	}
}

function copySpecial({ from, to, name }: Step, stat: FileStat): void {
	if ((stat.mode & S.IFMT) === S.IFLNK) symlinkAt(readLinkAt(from, name), to, name);
	else makeNodeAt(to, name, { mode: stat.mode, major: stat.deviceMajor, minor: stat.deviceMinor });
	changeOwnerAt(to, name, stat);
	changeDirectory(from);
	const xattrs = readXattrs(name);
	changeDirectory(to);
	for (const [key, value] of xattrs) setXattr(name, key, value);
	setTimesAt(to, name, { access: stat.accessed, modified: stat.modified });
}
