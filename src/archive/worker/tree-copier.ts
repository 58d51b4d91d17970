import { readSync, writeSync } from "node:fs";
import {
	changeDirectory,
	changeMode,
	changeOwner,
	changeOwnerAt,
	cloneFile,
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
	type XattrPlace,
} from "../../sys/index.ts";
import { openIfThere } from "./open-if-there.ts";

const CHUNK_BYTES = 1 << 20;
const OPEN_DIRECTORY = O.RDONLY | O.DIRECTORY | O.NOFOLLOW;

export interface TreeCopierOptions {
	/** An open empty folder that nobody else writes to. */
	readonly target: number;
	/** Share blocks where the file system can, instead of copying them. */
	readonly share: boolean;
	/** The extended attributes that are taken along. */
	readonly readXattrs: (place: XattrPlace) => ReadonlyMap<string, Uint8Array>;
	/** Told of the bytes so far, shared and copied. */
	readonly onBytes?: (bytes: number) => void;
}

/** A name in an open folder, and the folder that it goes into. */
interface Step {
	readonly from: number;
	readonly to: number;
	readonly name: string;
	/** Of the name, from the target. */
	readonly path: string;
}

/**
 * Copies what is in a folder with owners, modes, times, hard links, holes and extended attributes, walking both trees
 * by single names. Sockets are left out: they belong to a process.
 */
export class TreeCopier {
	readonly #options: TreeCopierOptions;
	readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	/** Where a file with several names went first. */
	readonly #linked = new Map<string, string>();
	#shares: boolean;
	#sharedBytes = 0;
	#copiedBytes = 0;
	#entries = 0;

	constructor(options: TreeCopierOptions) {
		this.#options = options;
		this.#shares = options.share;
	}

	/** What was done so far. */
	get copied() {
		return { entries: this.#entries, copiedBytes: this.#copiedBytes, sharedBytes: this.#sharedBytes };
	}

	/** All that is in an open folder, and the folder's own attributes. */
	copy(from: number): void {
		this.#copyChildren(from, this.#options.target, "");
	}

	/** The folder's own attributes come last, as the copying changes its time. */
	#copyChildren(from: number, to: number, prefix: string): void {
		for (const name of listDirectory(from)) this.#copyName({ from, to, name, path: `${prefix}${name}` });
		const stat = statFd(from);
		changeOwner(to, stat);
		changeMode(to, stat.mode & 0o7777);
		for (const [key, value] of this.#options.readXattrs(from)) setXattr(to, key, value);
		setTimes(to, { access: stat.accessed, modified: stat.modified });
	}

	#copyName(step: Step): void {
		const { from, to, name, path } = step;
		const stat = statAt(from, name);
		if (stat === undefined) return;
		const kind = stat.mode & S.IFMT;
		if (kind === S.IFSOCK) return;
		this.#entries++;
		if (kind === S.IFDIR) {
			this.#copyDirectory(step);
			return;
		}
		const key = `${stat.fileSystem}:${stat.inode}`;
		const first = stat.links > 1 ? this.#linked.get(key) : undefined;
		if (first !== undefined) {
			linkAt({ directory: this.#options.target, name: first }, to, name);
			return;
		}
		if (kind !== S.IFREG) this.#copySpecial(step, stat);
		else if (!this.#copyFile(step)) return;
		if (stat.links > 1) this.#linked.set(key, path);
	}

	#copyDirectory({ from, to, name, path }: Step): void {
		const inside = openIfThere(from, name, OPEN_DIRECTORY);
		if (inside === undefined) return;
		makeDirectoryAt(to, name, 0o700);
		const copy = openAt(to, name, OPEN_DIRECTORY);
		try {
			this.#copyChildren(inside, copy, `${path}/`);
		} finally {
			closeFd(inside);
			closeFd(copy);
		}
	}

	/** False when it is gone, or something else, by now. */
	#copyFile({ from, to, name }: Step): boolean {
		const source = openIfThere(from, name, O.RDONLY | O.NOFOLLOW | O.NONBLOCK);
		if (source === undefined) return false;
		const copy = openAt(to, name, O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW, 0o600);
		try {
			const stat = statFd(source);
			if ((stat.mode & S.IFMT) !== S.IFREG) return false;
			this.#copyContent(source, copy, stat);
			changeOwner(copy, stat);
			changeMode(copy, stat.mode & 0o7777);
			for (const [key, value] of this.#options.readXattrs(source)) setXattr(copy, key, value);
			setTimes(copy, { access: stat.accessed, modified: stat.modified });
			return true;
		} finally {
			closeFd(source);
			closeFd(copy);
		}
	}

	#copyContent(source: number, copy: number, { sizeBytes }: FileStat): void {
		if (sizeBytes > 0 && this.#shares) {
			// One answer stands for the file system.
			this.#shares = cloneFile(source, copy);
			if (this.#shares) {
				this.#sharedBytes += sizeBytes;
				this.#tell();
				return;
			}
		}
		for (const { offset, length } of dataExtents(source, sizeBytes))
			this.#copyBytes(source, copy, { offset, length });
		setFileSize(copy, sizeBytes);
	}

	#copyBytes(source: number, copy: number, { offset, length }: { offset: number; length: number }): void {
		const buffer = this.#buffer;
		for (let done = 0; done < length; ) {
			const count = readSync(source, buffer, 0, Math.min(CHUNK_BYTES, length - done), offset + done);
			if (count === 0) return;
			for (let written = 0; written < count; )
				written += writeSync(copy, buffer, written, count - written, offset + done + written);
			done += count;
			this.#copiedBytes += count;
			this.#tell();
		}
	}

	#copySpecial({ from, to, name }: Step, stat: FileStat): void {
		if ((stat.mode & S.IFMT) === S.IFLNK) symlinkAt(readLinkAt(from, name), to, name);
		else makeNodeAt(to, name, { mode: stat.mode, major: stat.deviceMajor, minor: stat.deviceMinor });
		changeOwnerAt(to, name, stat);
		changeDirectory(from);
		const xattrs = this.#options.readXattrs(name);
		changeDirectory(to);
		for (const [key, value] of xattrs) setXattr(name, key, value);
		setTimesAt(to, name, { access: stat.accessed, modified: stat.modified });
	}

	#tell(): void {
		this.#options.onBytes?.(this.#sharedBytes + this.#copiedBytes);
	}
}
