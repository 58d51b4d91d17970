import { AT_FDCWD, changeDirectory, type FileStat, readLinkAt, S } from "../../sys/index.ts";
import { readXattrs } from "./read-xattrs.ts";

/** One name in two trees, which has the same kind, mode, owner, size and second in both. */
interface Twins {
	readonly name: string;
	/** Open folders. */
	readonly beforeIn: number;
	readonly nowIn: number;
	readonly before: FileStat;
	readonly now: FileStat;
}

/** What a diff for people may leave out and a backup may not: nanoseconds, hard links, link texts, attributes. */
export function differsInDetail({ name, beforeIn, nowIn, before, now }: Twins): boolean {
	const kind = now.mode & S.IFMT;
	if (kind !== S.IFDIR) {
		if (before.links !== now.links || before.modified.nanos !== now.modified.nanos) return true;
		if (kind === S.IFLNK && readLinkAt(beforeIn, name) !== readLinkAt(nowIn, name)) return true;
	} else if (
		before.modified.seconds !== now.modified.seconds ||
		before.modified.nanos !== now.modified.nanos
	) {
		return true;
	}
	return !sameXattrs(xattrsOf(beforeIn, name), xattrsOf(nowIn, name));
}

function xattrsOf(directory: number, name: string): ReadonlyMap<string, Uint8Array> {
	if (directory !== AT_FDCWD) changeDirectory(directory);
	return readXattrs(name);
}

function sameXattrs(one: ReadonlyMap<string, Uint8Array>, other: ReadonlyMap<string, Uint8Array>): boolean {
	if (one.size !== other.size) return false;
	return [...one].every(([key, value]) => {
		const twin = other.get(key);
		return twin !== undefined && Buffer.compare(value, twin) === 0;
	});
}

/**
 * All names of files that have several. When one of them changed, the others have to be told too: whoever applies the
 * changes makes the file anew, and the names must lead to the new one.
 */
export class FileNames {
	readonly #names = new Map<string, string[]>();

	add(path: string, stat: FileStat): void {
		if (stat.links < 2 || (stat.mode & S.IFMT) === S.IFDIR) return;
		const key = `${stat.fileSystem}:${stat.inode}`;
		const known = this.#names.get(key);
		if (known === undefined) this.#names.set(key, [path]);
		else known.push(path);
	}

	/** Names that are not among the changes and belong to a file that is. */
	missing(changes: readonly { readonly path: string }[]): string[] {
		if (this.#names.size === 0) return [];
		const changed = new Set(changes.map(({ path }) => path));
		return [...this.#names.values()].flatMap((names) =>
			names.some((name) => changed.has(name)) ? names.filter((name) => !changed.has(name)) : [],
		);
	}
}
