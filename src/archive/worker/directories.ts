import {
	changeDirectory,
	closeFd,
	makeDirectoryAt,
	makeNodeAt,
	O,
	openInRoot,
	S,
	setXattr,
	statAt,
	unlinkAt,
} from "../../sys/index.ts";
import { badEntry, splitPath } from "./entry-name.ts";

/**
 * Opens the folders that entries go into, below one base folder. Entries of a folder mostly follow one another, so the
 * last one is kept open; whoever removes something calls `changed`.
 */
export class Directories {
	readonly #root: number;
	readonly #base: string;
	#path: string | undefined;
	#fd = -1;

	/** `root` is an open folder that nothing may leave; `base` a path in it. */
	constructor(root: number, base: string) {
		this.#root = root;
		this.#base = base;
	}

	/** The folder at this path, made (0755, root's) with its parents where it is missing. `entry` is for messages. */
	open(path: string, entry: string): number {
		return this.existing(path, entry) ?? this.#keep(path, this.#make(path, entry));
	}

	/** The folder at this path if it is there; good until another one is opened. */
	existing(path: string, entry: string): number | undefined {
		if (path === this.#path) return this.#fd;
		const fd = this.find(path, entry);
		return fd === undefined ? undefined : this.#keep(path, fd);
	}

	/** `undefined` when it is not there, or is no folder. A new descriptor, for the caller to close. */
	find(path: string, entry: string): number | undefined {
		const full = path === "" ? this.#base : `${this.#base}/${path}`;
		try {
			return openInRoot(this.#root, full, O.PATH | O.DIRECTORY);
		} catch (error) {
			throw badEntry(entry, `its folder cannot be opened: ${(error as Error).message}`, error);
		}
	}

	/** Paths may lead elsewhere now. The descriptor given out last stays good until the next is asked for. */
	changed(): void {
		this.#path = undefined;
	}

	close(): void {
		if (this.#fd >= 0) closeFd(this.#fd);
		this.#fd = -1;
		this.#path = undefined;
	}

	#keep(path: string, fd: number): number {
		this.close();
		this.#path = path;
		this.#fd = fd;
		return fd;
	}

	#make(path: string, entry: string): number {
		if (path === "") throw badEntry(entry, "the root is gone");
		const { parent, base } = splitPath(path);
		const above = this.find(parent, entry) ?? this.#make(parent, entry);
		try {
			makeFolder(above, base);
		} finally {
			closeFd(above);
		}
		const fd = this.find(path, entry);
		if (fd === undefined) throw badEntry(entry, "a parent of it is not a directory");
		return fd;
	}
}

/** Makes a folder where there may be an overlay whiteout, which then becomes an opaque folder. */
function makeFolder(above: number, name: string): void {
	if (makeDirectoryAt(above, name, 0o755)) return;
	const existing = statAt(above, name);
	if (existing === undefined || !isOverlayWhiteout(existing)) return;
	unlinkAt(above, name);
	makeDirectoryAt(above, name, 0o755);
	markOpaque(above, name);
}

/** overlayfs: a character device 0:0 hides the name in the layers below. */
export function isOverlayWhiteout(stat: { mode: number; deviceMajor: number; deviceMinor: number }): boolean {
	return (stat.mode & S.IFMT) === S.IFCHR && stat.deviceMajor === 0 && stat.deviceMinor === 0;
}

/** overlayfs: hides everything that the layers below have in this folder. */
export function markOpaque(directory: number, name: string): void {
	changeDirectory(directory);
	setXattr(name, "trusted.overlay.opaque", Buffer.from("y"));
}

/** overlayfs: the name is gone in this layer. */
export function makeOverlayWhiteout(directory: number, name: string): void {
	makeNodeAt(directory, name, { mode: S.IFCHR, major: 0, minor: 0 });
}
