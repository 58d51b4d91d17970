import { writeSync } from "node:fs";
import { EngineError, errnoOf, type TarEntry, translateSystemError } from "../../lib/index.ts";
import {
	changeMode,
	changeOwner,
	changeOwnerAt,
	cloneFile,
	closeFd,
	linkAt,
	makeDirectoryAt,
	makeNodeAt,
	O,
	openAt,
	S,
	seekTo,
	setFileSize,
	setTimes,
	setTimesAt,
	statAt,
	symlinkAt,
} from "../../sys/index.ts";
import type { ExtractLimits } from "../contract.ts";
import { Directories, isOverlayWhiteout, markOpaque } from "./directories.ts";
import { DirectoryTimes } from "./directory-times.ts";
import { badEntry, entryPath, quote, splitPath } from "./entry-name.ts";
import { setEntryXattrs } from "./entry-xattrs.ts";
import { removeTree } from "./remove-tree.ts";
import { Whiteouts } from "./whiteouts.ts";

export interface TreeWriterOptions {
	/** An open folder; nothing outside of it is touched. The process's root may be the same, or above. */
	readonly root: number;
	/** The folder in it to write into. */
	readonly base: string;
	/** What names beginning with `.wh.` do: nothing special, make overlayfs' marks, or delete. */
	readonly whiteouts: "none" | "overlay" | "apply";
	/** Owner of everything, instead of what the entries say. */
	readonly owner?: { readonly uid: number; readonly gid: number };
	/** A directory and something else never replace one another. */
	readonly noOverwriteDirNonDir: boolean;
	/** Whether an entry for the root sets the attributes of the base folder. */
	readonly setsRoot: boolean;
	/** Seconds since 1970; modification times are at most this. */
	readonly latest?: number;
	readonly limits: ExtractLimits;
	/** Throws for an entry that is not wanted. */
	readonly check?: (entry: TarEntry) => void;
	readonly warn: (text: string) => void;
}

interface OpenFile {
	readonly entry: TarEntry;
	readonly fd: number;
	position: number;
	/** As far as it was written. */
	length: number;
}

/** A symlink, device or fifo, or a directory: what is not open while its attributes are set. */
interface Place {
	readonly directory: number;
	readonly name: string;
}

const MAX_ID = 0xfffffffe;

/**
 * Makes the entries of an archive in a tree, one after another: `begin`, `write` its content, `end`; `finish` when all
 * are there. An existing name is replaced, but a folder by a folder; nothing is ever written through a symlink or a
 * hard link that was there, since files are always made anew.
 */
export class TreeWriter {
	readonly #options: TreeWriterOptions;
	readonly #directories: Directories;
	readonly #whiteouts: Whiteouts;
	readonly #times = new DirectoryTimes();
	#file: OpenFile | undefined;
	#shares = true;
	#entries = 0;
	#bytes = 0;
	#inodes = 0;

	constructor(options: TreeWriterOptions) {
		this.#options = options;
		this.#directories = new Directories(options.root, options.base);
		this.#whiteouts = new Whiteouts(options.whiteouts, this.#directories);
	}

	begin(given: TarEntry): void {
		const entry = this.#clamped(given);
		this.#count(entry);
		this.#options.check?.(entry);
		try {
			this.#make(entry);
		} catch (error) {
			throw explain(error, entry);
		}
	}

	write(offset: number, bytes: Uint8Array): void {
		const file = this.#file;
		if (file === undefined) return;
		try {
			if (offset !== file.position) seekTo(file.fd, offset);
			for (let done = 0; done < bytes.length; ) done += writeSync(file.fd, bytes, done);
			file.position = offset + bytes.length;
			file.length = Math.max(file.length, file.position);
		} catch (error) {
			throw explain(error, file.entry);
		}
	}

	/** Gives the open file the content of another by sharing its blocks; false where the file system cannot. */
	share(from: number, sizeBytes: number): boolean {
		const file = this.#file;
		if (file === undefined || sizeBytes === 0 || !this.#shares) return false;
		// One answer stands for the file system.
		this.#shares = cloneFile(from, file.fd);
		return this.#shares;
	}

	end(): void {
		const file = this.#file;
		if (file === undefined) return;
		const { entry, fd, length } = file;
		try {
			if (entry.extents !== undefined && length !== entry.size) setFileSize(fd, entry.size);
			changeOwner(fd, this.#owner(entry));
			changeMode(fd, entry.mode);
			// After the content: writing to a file takes its capabilities away.
			setEntryXattrs(fd, entry, this.#options.warn);
			setTimes(fd, { access: entry.mtime, modified: entry.mtime });
		} catch (error) {
			throw explain(error, entry);
		} finally {
			this.#file = undefined;
			closeFd(fd);
		}
	}

	/** Sets the folders' times. Gives the bytes and inodes that were written. */
	finish(): { bytes: number; inodes: number } {
		for (const { path, time } of this.#times.entries()) this.#setDirectoryTime(path, time);
		this.#directories.close();
		return { bytes: this.#bytes, inodes: this.#inodes };
	}

	#clamped(entry: TarEntry): TarEntry {
		const { latest } = this.#options;
		if (latest === undefined || entry.mtime.seconds < latest) return entry;
		return { ...entry, mtime: { seconds: latest, nanos: 0 } };
	}

	#count(entry: TarEntry): void {
		const { maxBytes, maxEntries } = this.#options.limits;
		this.#entries++;
		this.#bytes += entry.size;
		if (this.#entries > maxEntries)
			throw new EngineError(
				"too_large",
				`archive has more than ${maxEntries} entries, at entry ${quote(entry.name)}`,
			);
		if (this.#bytes > maxBytes)
			throw new EngineError(
				"too_large",
				`archive has more than ${maxBytes} bytes, at entry ${quote(entry.name)}`,
			);
	}

	#make(entry: TarEntry): void {
		if (entry.uid > MAX_ID || entry.gid > MAX_ID) throw badEntry(entry.name, "its owner is out of range");
		const path = entryPath(entry.name);
		if (path === "") {
			this.#makeRoot(entry);
			return;
		}
		const { parent, base } = splitPath(path);
		const whiteout = this.#whiteouts.parse(entry.name, base);
		if (whiteout !== undefined) {
			this.#whiteouts.apply(whiteout, { parent, entry: entry.name });
			return;
		}
		const directory = this.#directories.open(parent, entry.name);
		switch (entry.type) {
			case "file":
				this.#makeFile(entry, { directory, name: base });
				break;
			case "directory":
				this.#makeDirectory(entry, { directory, name: base }, path);
				break;
			case "hardlink":
				this.#makeHardLink(entry, { directory, name: base }, path);
				return;
			case "symlink":
				if (entry.linkName === "") throw badEntry(entry.name, "symlink to nothing");
				this.#create(entry, { directory, name: base }, () => symlinkAt(entry.linkName, directory, base));
				this.#setAttributes(entry, { directory, name: base });
				break;
			case "character":
			case "block":
			case "fifo":
				this.#makeNode(entry, { directory, name: base });
				break;
			default:
				entry.type satisfies never;
		}
		this.#inodes++;
		this.#whiteouts.made(directory, base);
	}

	#makeRoot(entry: TarEntry): void {
		if (entry.type !== "directory") throw badEntry(entry.name, `a ${entry.type} cannot be the root`);
		if (!this.#options.setsRoot) return;
		this.#setDirectoryAttributes(entry, { directory: this.#directories.open("", entry.name), name: "." });
		this.#times.add(".", entry.mtime);
	}

	#makeFile(entry: TarEntry, place: Place): void {
		const flags = O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW;
		const fd = this.#create(entry, place, () => openAt(place.directory, place.name, flags, 0o600));
		this.#file = { entry, fd, position: 0, length: 0 };
	}

	#makeDirectory(entry: TarEntry, place: Place, path: string): void {
		const { directory, name } = place;
		if (!makeDirectoryAt(directory, name, 0o700)) {
			const existing = statAt(directory, name);
			if (existing === undefined || (existing.mode & S.IFMT) !== S.IFDIR) {
				this.#replace(entry, place);
				if (!makeDirectoryAt(directory, name, 0o700)) throw badEntry(entry.name, "it keeps coming back");
				if (this.#options.whiteouts === "overlay" && existing !== undefined && isOverlayWhiteout(existing))
					markOpaque(directory, name);
			}
		}
		this.#setDirectoryAttributes(entry, place);
		this.#times.add(path, entry.mtime);
	}

	#makeHardLink(entry: TarEntry, place: Place, path: string): void {
		const target = entryPath(entry.linkName);
		if (target === path) throw badEntry(entry.name, "hard link to itself");
		const { parent, base } = splitPath(target);
		const from = target === "" ? undefined : this.#directories.find(parent, entry.name);
		if (from === undefined)
			throw badEntry(entry.name, `hard link to ${quote(entry.linkName)}, which is not there`);
		try {
			this.#create(entry, place, () => linkAt({ directory: from, name: base }, place.directory, place.name));
		} catch (error) {
			if (errnoOf(error) === "ENOENT")
				throw badEntry(entry.name, `hard link to ${quote(entry.linkName)}, which is not there`, error);
			if (errnoOf(error) === "EPERM")
				throw badEntry(entry.name, `hard link to ${quote(entry.linkName)}, which is a directory`, error);
			throw error;
		} finally {
			closeFd(from);
		}
		this.#whiteouts.made(place.directory, place.name);
	}

	#makeNode(entry: TarEntry, place: Place): void {
		const kind = entry.type === "character" ? S.IFCHR : entry.type === "block" ? S.IFBLK : S.IFIFO;
		const node = { mode: kind | entry.mode, major: entry.deviceMajor, minor: entry.deviceMinor };
		this.#create(entry, place, () => makeNodeAt(place.directory, place.name, node));
		this.#setAttributes(entry, place);
	}

	/** Makes something under a name; what has the name is removed first. */
	#create<T>(entry: TarEntry, place: Place, make: () => T): T {
		try {
			return make();
		} catch (error) {
			if (errnoOf(error) !== "EEXIST") throw error;
		}
		this.#replace(entry, place);
		return make();
	}

	#replace(entry: TarEntry, { directory, name }: Place): void {
		const existing = statAt(directory, name);
		if (existing === undefined) return;
		const wasDirectory = (existing.mode & S.IFMT) === S.IFDIR;
		if (this.#options.noOverwriteDirNonDir && wasDirectory)
			throw new EngineError(
				"invalid_argument",
				`cannot overwrite directory ${quote(entry.name)} with non-directory`,
			);
		if (this.#options.noOverwriteDirNonDir && entry.type === "directory")
			throw new EngineError(
				"invalid_argument",
				`cannot overwrite non-directory ${quote(entry.name)} with directory`,
			);
		removeTree(directory, name);
		this.#directories.changed();
	}

	/** Of a symlink or a node, which nothing can have been put in the place of: it is named, never followed. */
	#setAttributes(entry: TarEntry, { directory, name }: Place): void {
		changeOwnerAt(directory, name, this.#owner(entry));
		setEntryXattrs({ directory, name }, entry, this.#options.warn);
		setTimesAt(directory, name, { access: entry.mtime, modified: entry.mtime });
	}

	/** Through a descriptor, as chmod by name would follow a symlink that a running container put there. */
	#setDirectoryAttributes(entry: TarEntry, { directory, name }: Place): void {
		const fd = openAt(directory, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
		try {
			changeOwner(fd, this.#owner(entry));
			changeMode(fd, entry.mode);
			setEntryXattrs(fd, entry, this.#options.warn);
		} finally {
			closeFd(fd);
		}
	}

	#owner(entry: TarEntry): { uid: number; gid: number } {
		return this.#options.owner ?? entry;
	}

	#setDirectoryTime(path: string, time: TarEntry["mtime"]): void {
		const { parent, base } = splitPath(path);
		const directory = this.#directories.existing(parent, path);
		const stat = directory === undefined ? undefined : statAt(directory, base);
		// A later entry may have put something else there, with a time of its own.
		if (directory === undefined || stat === undefined || (stat.mode & S.IFMT) !== S.IFDIR) return;
		setTimesAt(directory, base, { access: time, modified: time });
	}
}

/** Names the entry in what the system said; what an archive cannot cause stays what it is. */
function explain(error: unknown, entry: TarEntry): unknown {
	const known = translateSystemError(error, `extract ${quote(entry.name)}`);
	if (known instanceof EngineError) return known;
	const errno = errnoOf(error);
	switch (errno) {
		case "ENOTDIR":
		case "EISDIR":
		case "ELOOP":
		case "ENAMETOOLONG":
		case "EINVAL":
		case "EEXIST":
		case "EFBIG":
		case "EMLINK":
		case "EXDEV":
			return badEntry(entry.name, (error as Error).message, error);
		case "EBUSY":
			return new EngineError("conflict", `extract ${quote(entry.name)}: something is mounted there`, {
				cause: error,
			});
		default:
			return new Error(`extract ${quote(entry.name)}: ${(error as Error).message}`, { cause: error });
	}
}
