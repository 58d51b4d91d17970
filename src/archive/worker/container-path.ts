import { EngineError, errnoOf } from "../../lib/index.ts";
import { AT_FDCWD, fromByteString, readLinkAt, S, statAt } from "../../sys/index.ts";

/** A path as `docker cp` means it: taken from `/`, where a trailing `/` or `/.` asks for what a symlink leads to. */
export interface ContainerPath {
	/** Clean and absolute; a trailing `/` or `/.` is kept. */
	readonly absolute: string;
	/** The same with symlinks in all but the last part followed. */
	readonly resolved: string;
	/** The last part: empty after a trailing slash. */
	readonly base: string;
}

/** More symlinks than this in one path are a loop, as Docker counts. */
const MAX_LINKS = 255;

/** The process's root must be the tree. Paths are byte strings. */
export function locate(path: string): ContainerPath {
	const absolute = keepTrailing(cleanPath(path), path);
	const slash = absolute.lastIndexOf("/");
	const base = absolute.slice(slash + 1);
	const directory = followLinks(absolute.slice(0, slash + 1));
	return { absolute, base, resolved: directory === "/" ? `/${base}` : `${directory}/${base}` };
}

/**
 * Follows all symlinks of a path inside the tree. What is not there is taken as it stands. Links are read, not walked
 * through, so procfs' magic ones cannot lead out.
 */
export function followLinks(path: string): string {
	const pending = path.split("/").reverse();
	const done: string[] = [];
	let links = 0;
	while (pending.length > 0) {
		const part = pending.pop()!;
		if (part === "" || part === ".") continue;
		if (part === "..") {
			done.pop();
			continue;
		}
		done.push(part);
		const current = `/${done.join("/")}`;
		const stat = statAt(AT_FDCWD, current);
		if (stat === undefined || (stat.mode & S.IFMT) !== S.IFLNK) continue;
		if (++links > MAX_LINKS) throw tooManyLinks(path);
		const target = readLink(current);
		if (target.startsWith("/")) done.length = 0;
		else done.pop();
		pending.push(...target.split("/").reverse());
	}
	return `/${done.join("/")}`;
}

/** procfs' links are readable by some only. */
function readLink(path: string): string {
	try {
		return readLinkAt(AT_FDCWD, path);
	} catch (error) {
		if (errnoOf(error) !== "EACCES" && errnoOf(error) !== "EPERM") throw error;
		throw new EngineError("forbidden", `symlink ${fromByteString(path)} cannot be read`, { cause: error });
	}
}

/** The last part of a clean path, `/` for the root: Go's filepath.Base. */
export function baseName(path: string): string {
	const trimmed = path.replace(/\/+$/, "");
	return trimmed === "" ? "/" : trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

export function notThere(path: string): EngineError {
	return new EngineError("not_found", `no such file or directory: ${fromByteString(path)}`);
}

function cleanPath(path: string): string {
	const parts: string[] = [];
	for (const part of path.split("/")) {
		if (part === "" || part === ".") continue;
		if (part === "..") parts.pop();
		else parts.push(part);
	}
	return `/${parts.join("/")}`;
}

/** Docker's PreserveTrailingDotOrSeparator. */
function keepTrailing(clean: string, original: string): string {
	const slashed = clean.endsWith("/") ? clean : `${clean}/`;
	if (original === "." || original.endsWith("/.")) return `${slashed}.`;
	return original.endsWith("/") ? slashed : clean;
}

function tooManyLinks(path: string): EngineError {
	return new EngineError("invalid_argument", `too many symlinks in ${fromByteString(path)}`);
}
