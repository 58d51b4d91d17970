import { readSync } from "node:fs";
import {
	formatTarHeader,
	type TarEntry,
	type TarExtent,
	tarEnd,
	tarEntry,
	tarPadding,
} from "../../lib/index.ts";
import {
	AT_FDCWD,
	changeDirectory,
	closeFd,
	dataExtents,
	type FileStat,
	getXattr,
	listDirectory,
	O,
	readLinkAt,
	S,
	statAt,
	statFd,
} from "../../sys/index.ts";
import { openIfThere } from "./open-if-there.ts";
import type { ArchiveOutput } from "./output.ts";
import { readXattrs } from "./read-xattrs.ts";

/** Holes of less than this in all are written as zeros: not every tar reads sparse files. */
const MIN_HOLE_BYTES = 8 << 20;
const CHUNK_BYTES = 1 << 20;

export interface TreeReaderOptions {
	readonly output: ArchiveOutput;
	/** The upper folder of an overlay: its marks become whiteouts of the layer format. */
	readonly overlayMarks: boolean;
	/** Names of the archive to leave out. */
	readonly skip?: (name: string, stat: FileStat) => boolean;
	readonly warn: (text: string) => void;
}

/** A name in an open folder. */
export interface TreePlace {
	readonly directory: number;
	readonly name: string;
}

/**
 * Writes trees as archive entries: folders before what is in them, names in the order of bytes, further names of a
 * file as hard links. Sockets are left out: tar has none. A tree that changes meanwhile gives what was there.
 */
export class TreeReader {
	readonly #options: TreeReaderOptions;
	readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	/** Files with more than one name: the first of them, until all were seen. */
	readonly #linked = new Map<string, { readonly name: string; left: number }>();

	constructor(options: TreeReaderOptions) {
		this.#options = options;
	}

	/** A file, or a folder with all that is in it, under a name of the archive. */
	add(place: TreePlace, name: string): void {
		const stat = statAt(place.directory, place.name);
		if (stat === undefined || this.#options.skip?.(name, stat)) return;
		if ((stat.mode & S.IFMT) === S.IFDIR) this.#addDirectory(place, name, stat);
		else this.#addOther(place, name, stat);
	}

	/** All that is in an open folder, but not the folder itself. `prefix` is empty or ends in `/`. */
	addChildren(directory: number, prefix: string): void {
		for (const child of listDirectory(directory)) this.add({ directory, name: child }, prefix + child);
	}

	/** One entry alone, a folder without what is in it. */
	addAlone(place: TreePlace, name: string): void {
		const stat = statAt(place.directory, place.name);
		if (stat === undefined) return;
		if ((stat.mode & S.IFMT) !== S.IFDIR) this.#addOther(place, name, stat);
		else closeFd(this.#openDirectory(place, name, stat) ?? -1);
	}

	/** The layer format's mark that a name is gone. */
	addWhiteout(parentPrefix: string, name: string, mtime: TarEntry["mtime"]): void {
		this.#header(tarEntry({ name: `${parentPrefix}.wh.${name}`, mode: 0o600, mtime }));
	}

	finish(): void {
		this.#options.output.write(tarEnd);
		this.#options.output.flush();
	}

	#addDirectory(place: TreePlace, name: string, stat: FileStat): void {
		const fd = this.#openDirectory(place, name, stat);
		if (fd === undefined) return;
		try {
			this.addChildren(fd, name.endsWith("/") ? name : `${name}/`);
		} finally {
			closeFd(fd);
		}
	}

	/** Writes a folder's own entry and opens it. */
	#openDirectory({ directory, name: base }: TreePlace, name: string, stat: FileStat): number | undefined {
		const fd = openIfThere(directory, base, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
		if (fd === undefined) return undefined;
		const entryName = name.endsWith("/") ? name : `${name}/`;
		const entry = { ...entryOf(stat), name: entryName, type: "directory" as const, xattrs: readXattrs(fd) };
		this.#header(tarEntry(entry));
		if (this.#options.overlayMarks && isOpaque(fd))
			this.#header(tarEntry({ ...entryOf(stat), name: `${entryName}.wh..wh..opq`, mode: stat.mode & 0o777 }));
		return fd;
	}

	#addOther(place: TreePlace, name: string, stat: FileStat): void {
		const kind = stat.mode & S.IFMT;
		if (kind === S.IFSOCK) return;
		if (this.#options.overlayMarks && kind === S.IFCHR && stat.deviceMajor === 0 && stat.deviceMinor === 0) {
			this.addWhiteout(name.slice(0, name.length - place.name.length), place.name, stat.modified);
			return;
		}
		if (stat.links > 1 && this.#addLink(name, stat)) return;
		if (kind === S.IFREG) {
			this.#addFile(place, name);
			return;
		}
		if (place.directory !== AT_FDCWD) changeDirectory(place.directory);
		const entry = { ...entryOf(stat), name, xattrs: readXattrs(place.name) };
		if (kind === S.IFLNK) {
			const linkName = readLinkAt(place.directory, place.name);
			this.#header(tarEntry({ ...entry, type: "symlink", mode: 0o777, linkName }));
			return;
		}
		const { deviceMajor, deviceMinor } = stat;
		if (kind === S.IFIFO) this.#header(tarEntry({ ...entry, type: "fifo" }));
		else {
			const type = kind === S.IFCHR ? "character" : "block";
			this.#header(tarEntry({ ...entry, type, deviceMajor, deviceMinor }));
		}
	}

	/** True when the file was written under another name before. */
	#addLink(name: string, stat: FileStat): boolean {
		const key = `${stat.fileSystem}:${stat.inode}`;
		const first = this.#linked.get(key);
		if (first === undefined) {
			this.#linked.set(key, { name, left: stat.links - 1 });
			return false;
		}
		if (--first.left === 0) this.#linked.delete(key);
		this.#header(tarEntry({ ...entryOf(stat), name, type: "hardlink", linkName: first.name }));
		return true;
	}

	#addFile({ directory, name: base }: TreePlace, name: string): void {
		const fd = openIfThere(directory, base, O.RDONLY | O.NOFOLLOW | O.NONBLOCK);
		if (fd === undefined) return;
		try {
			// Asked again: the name may lead to something else by now.
			const stat = statFd(fd);
			if ((stat.mode & S.IFMT) !== S.IFREG) return;
			const extents = sparseExtents(fd, stat);
			const entry = tarEntry({
				...entryOf(stat),
				name,
				size: stat.sizeBytes,
				xattrs: readXattrs(fd),
				extents,
			});
			this.#header(entry);
			for (const extent of extents ?? [{ offset: 0, length: stat.sizeBytes }])
				this.#content(fd, extent, name);
			this.#options.output.write(tarPadding(entry));
		} finally {
			closeFd(fd);
		}
	}

	#content(fd: number, { offset, length }: TarExtent, name: string): void {
		for (let done = 0; done < length; ) {
			const want = Math.min(CHUNK_BYTES, length - done);
			let count = readSync(fd, this.#buffer, 0, want, offset + done);
			if (count === 0) {
				this.#options.warn(`${JSON.stringify(name)} shrank while it was read; the rest is zeros`);
				this.#buffer.fill(0, 0, want);
				count = want;
			}
			this.#options.output.write(this.#buffer.subarray(0, count));
			done += count;
		}
	}

	#header(entry: TarEntry): void {
		this.#options.output.write(formatTarHeader(entry));
	}
}

function entryOf(stat: FileStat) {
	return { mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, mtime: stat.modified };
}

function sparseExtents(fd: number, stat: FileStat): TarExtent[] | undefined {
	if (stat.sizeBytes - stat.allocatedBytes < MIN_HOLE_BYTES) return undefined;
	const extents = dataExtents(fd, stat.sizeBytes);
	const held = extents.reduce((sum, { length }) => sum + length, 0);
	return stat.sizeBytes - held < MIN_HOLE_BYTES ? undefined : extents;
}

function isOpaque(fd: number): boolean {
	const value = getXattr(fd, "trusted.overlay.opaque");
	return value !== undefined && value[0] === 0x79;
}
