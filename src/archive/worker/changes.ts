import { errnoOf } from "../../lib/index.ts";
import {
	closeFd,
	type FileStat,
	fromByteString,
	getXattr,
	listDirectory,
	O,
	openAt,
	S,
	statAt,
} from "../../sys/index.ts";
import type { TreeChange } from "../contract.ts";
import type { WorkerRequest } from "../protocol.ts";
import { isOverlayWhiteout } from "./directories.ts";
import { openTrees } from "./enter-tree.ts";
import { differsInDetail, FileNames } from "./exact-changes.ts";

export const MODIFIED = 0;
export const ADDED = 1;
export const DELETED = 2;

/** A change, its path a byte string that begins with `/`. */
export interface Change {
	readonly path: string;
	readonly kind: TreeChange["kind"];
}

type ChangesRequest = Extract<WorkerRequest, { op: "changes" | "pack-changes" }>;

export function changes(request: ChangesRequest): TreeChange[] {
	return findChanges(openChangeSource(request)).map(({ path, kind }) => ({
		path: fromByteString(path),
		kind,
	}));
}

export interface ChangeTrees {
	readonly tree: number;
	/** `undefined`: everything is new. */
	readonly parent: number | undefined;
	/** `tree` is an overlay's upper folder: it has marks for what is gone, and only what was touched. */
	readonly isUpper: boolean;
	/** Of files that were made to mount something on. */
	readonly mountPoints: ReadonlySet<string>;
	/** Whatever can be told apart counts, see {@link ChangeSource}. */
	readonly exact: boolean;
}

export function openChangeSource({ source, mountPoint }: ChangesRequest): ChangeTrees {
	const isUpper = "changesDirectory" in source;
	const top = isUpper ? ({ kind: "directory", path: source.changesDirectory } as const) : source.tree;
	const roots = source.parent === undefined ? [top] : [top, source.parent];
	const [tree, parent] = openTrees(roots, mountPoint);
	const exact = "exact" in source && source.exact === true;
	return { tree: tree!, parent, isUpper, exact, mountPoints: new Set(source.mountPoints) };
}

/**
 * What Docker's diff says: content counts as changed by mode, owner, device, time or size (a folder's time and size
 * say nothing); a folder with changes inside is itself modified; of a deleted folder only the top is named.
 */
export function findChanges({ tree, parent, ...rules }: ChangeTrees): Change[] {
	const found: Change[] = [];
	const names: FileNames | undefined = rules.exact ? new FileNames() : undefined;
	compareChildren({ top: tree, below: parent, path: "", names, ...rules }, found);
	for (const path of names?.missing(found) ?? []) found.push({ path, kind: MODIFIED });
	return found.sort((one, other) => (one.path < other.path ? -1 : 1));
}

interface Pair extends Pick<ChangeTrees, "isUpper" | "mountPoints" | "exact"> {
	readonly top: number;
	readonly below: number | undefined;
	readonly path: string;
	readonly names: FileNames | undefined;
}

/** A file that is there only because something was mounted on it. */
export function isBareMountPoint(mountPoints: ReadonlySet<string>, path: string, stat: FileStat): boolean {
	return mountPoints.has(path) && (stat.mode & S.IFMT) === S.IFREG && stat.sizeBytes === 0;
}

function compareChildren(pair: Pair, found: Change[]): void {
	const { top, below, path, isUpper } = pair;
	const names = listDirectory(top);
	for (const name of names) compareName(pair, name, found);
	if (below === undefined || (isUpper && !isOpaque(top))) return;
	const present = new Set(names);
	for (const name of listDirectory(below))
		if (!present.has(name)) found.push({ path: `${path}/${name}`, kind: DELETED });
}

function compareName(pair: Pair, name: string, found: Change[]): void {
	const { top, below, path, isUpper, mountPoints } = pair;
	const stat = statAt(top, name);
	if (stat === undefined) return;
	const before = below === undefined ? undefined : statAt(below, name);
	const child = `${path}/${name}`;
	if (isUpper && isOverlayWhiteout(stat)) {
		if (before !== undefined) found.push({ path: child, kind: DELETED });
		return;
	}
	if (before === undefined && isBareMountPoint(mountPoints, child, stat)) return;
	const mark = found.length;
	pair.names?.add(child, stat);
	const different =
		before !== undefined &&
		(isDifferent(before, stat) || (pair.exact && isInexact(pair, name, { before, now: stat })));
	const recorded = before === undefined ? ADDED : different ? MODIFIED : undefined;
	if (recorded !== undefined) found.push({ path: child, kind: recorded });
	if (!isDirectory(stat)) return;
	const inside = openDirectory(top, name);
	const wasInside = before !== undefined && isDirectory(before) ? openDirectory(below!, name) : undefined;
	try {
		if (inside !== undefined) compareChildren({ ...pair, top: inside, below: wasInside, path: child }, found);
	} finally {
		if (inside !== undefined) closeFd(inside);
		if (wasInside !== undefined) closeFd(wasInside);
	}
	if (found.length > mark && recorded === undefined) found.push({ path: child, kind: MODIFIED });
}

function isInexact({ top, below }: Pair, name: string, stats: { before: FileStat; now: FileStat }): boolean {
	return differsInDetail({ ...stats, name, beforeIn: below!, nowIn: top });
}

function isDifferent(before: FileStat, now: FileStat): boolean {
	if (before.mode !== now.mode || before.uid !== now.uid || before.gid !== now.gid) return true;
	if (before.deviceMajor !== now.deviceMajor || before.deviceMinor !== now.deviceMinor) return true;
	if (isDirectory(now)) return false;
	return (
		before.sizeBytes !== now.sizeBytes ||
		before.modified.seconds !== now.modified.seconds ||
		!sameNanos(before.modified.nanos, now.modified.nanos)
	);
}

/** Archives that carry whole seconds only make a time of zero nanoseconds, which says nothing about the rest. */
function sameNanos(one: number, other: number): boolean {
	return one === other || one === 0 || other === 0;
}

function isDirectory(stat: FileStat): boolean {
	return (stat.mode & S.IFMT) === S.IFDIR;
}

function isOpaque(fd: number): boolean {
	return getXattr(fd, "trusted.overlay.opaque")?.[0] === 0x79;
}

/** `undefined` when it is gone meanwhile. */
function openDirectory(directory: number, name: string): number | undefined {
	try {
		return openAt(directory, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
	} catch (error) {
		if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
		throw error;
	}
}
