/**
 * The tar format, without a file system: bytes in, entries and content out, and the other way.
 * Formats: POSIX.1-2017 pax (ustar and extended headers), GNU tar (long names, base-256 numbers, sparse files).
 *
 * Names are **byte strings**: each character is one byte (0 to 255), because names in Linux are bytes and archives
 * hold names that are no UTF-8. Plain ASCII is the same either way; {@link tarText} makes text for people,
 * {@link tarName} makes a byte string of text.
 */

export type TarEntryType = "file" | "directory" | "symlink" | "hardlink" | "character" | "block" | "fifo";

export interface TarEntry {
	readonly type: TarEntryType;
	/** As it stands in the archive: may be absolute, hold `..`, end in `/`. */
	readonly name: string;
	/** Of symlinks and hard links, else empty. */
	readonly linkName: string;
	/** Permission bits, setuid, setgid and sticky: 0 to 0o7777. */
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
	readonly userName: string;
	readonly groupName: string;
	/** Bytes of the file, holes included; 0 for all that is no file. */
	readonly size: number;
	readonly mtime: TarTime;
	/** Of character and block devices. */
	readonly deviceMajor: number;
	readonly deviceMinor: number;
	/** Extended attributes (`SCHILY.xattr.*`), names as byte strings. */
	readonly xattrs: ReadonlyMap<string, Uint8Array>;
	/** Where a sparse file has data, in order; `undefined` for one without holes. */
	readonly extents: readonly TarExtent[] | undefined;
}

export interface TarTime {
	/** Since 1970, may be negative. */
	readonly seconds: number;
	/** 0 to 999,999,999. */
	readonly nanos: number;
}

export interface TarExtent {
	readonly offset: number;
	readonly length: number;
}

/** Header blocks and content are padded to this. */
export const BLOCK_SIZE = 512;

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map();

/** An entry with everything that is not given at its plainest: a file of root's, mode 0644, dated 1970. */
export function tarEntry(given: Partial<TarEntry> & Pick<TarEntry, "name">): TarEntry {
	return {
		type: "file",
		linkName: "",
		mode: given.type === "directory" ? 0o755 : 0o644,
		uid: 0,
		gid: 0,
		userName: "",
		groupName: "",
		size: 0,
		mtime: { seconds: 0, nanos: 0 },
		deviceMajor: 0,
		deviceMinor: 0,
		xattrs: noXattrs,
		extents: undefined,
		...given,
	};
}

/** A byte string as text for people and JSON; bytes that are no UTF-8 become U+FFFD. */
export function tarText(name: string): string {
	return Buffer.from(name, "latin1").toString("utf8");
}

/** Text as the byte string of its UTF-8. */
export function tarName(text: string): string {
	return Buffer.from(text, "utf8").toString("latin1");
}
