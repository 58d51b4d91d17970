/**
 * Moving trees in and out of tar streams, confined.
 *
 * The work is done by a child process of this same program (`hull --worker archive`) that enters a mount namespace of
 * its own, mounts the tree, changes its root to it and only then reads the first byte of foreign input: neither `..`,
 * an absolute name, a symlink nor a hard link can name anything outside. It keeps big decompression and system calls
 * off the daemon's event loop and its memory does not grow with the archive.
 */
import type { Digest } from "../oci/index.ts";
import type { SnapshotMount } from "../store/index.ts";
import type { TreeEntry } from "./tree-entry.ts";

export type { BundlePiece, TreeEntry, TreeEntryKind } from "./tree-entry.ts";

export type Compression = "none" | "gzip" | "zstd" | "bzip2" | "xz";

export interface ExtractLimits {
	/** Sum of file sizes; beyond: `too_large`. */
	readonly maxBytes: number;
	readonly maxEntries: number;
}

/** Extracts one image layer. Returns the digest of the uncompressed stream. */
export type ExtractLayer = (options: {
	readonly blobPath: string;
	/** Of a blob that is still being written: gives a turn for each growth and ends when it is whole. */
	readonly growth?: AsyncIterable<void>;
	readonly directory: string;
	readonly whiteouts: "overlay" | "apply";
	readonly limits: ExtractLimits;
	readonly signal?: AbortSignal;
	readonly onProgress?: (compressedBytes: number) => void;
}) => Promise<{ readonly diffId: Digest; readonly bytes: number; readonly inodes: number }>;

/** Where a container's tree is: mounted by the worker for itself, or reached through a running process. */
export type ArchiveRoot =
	| {
			readonly kind: "mounts";
			readonly mounts: readonly SnapshotMount[];
			/** Whose mount namespace the sources are looked up in; the worker mounts in a copy of it. */
			readonly namespacePid?: number;
			readonly binds?: readonly {
				readonly source: string;
				/** Below the source; no link in it leads out of it. */
				readonly subpath?: string;
				readonly target: string;
				readonly readOnly: boolean;
			}[];
	  }
	| { readonly kind: "process"; readonly pid: number }
	| { readonly kind: "directory"; readonly path: string };

export interface ArchiveStat {
	readonly name: string;
	readonly size: number;
	/** Go's os.FileMode bits, as `X-Docker-Container-Path-Stat` carries them. */
	readonly mode: number;
	readonly mtime: string;
	readonly linkTarget: string;
}

/**
 * A writable snapshot and what it stands on. With a folder of changes (overlay) only that is read; without (plain)
 * the two trees are compared.
 */
export type ChangeSource = {
	readonly parent: ArchiveRoot | undefined;
	/** Files made to mount something on: while they are empty they are no changes. Paths that begin with `/`. */
	readonly mountPoints?: readonly string[];
} & (
	| { readonly changesDirectory: string }
	| {
			readonly tree: ArchiveRoot;
			/**
			 * For a backup: nanoseconds, hard links, link texts and extended attributes count too, the root has an entry of
			 * its own, and of a file with several names all are told.
			 */
			readonly exact?: boolean;
	  }
);

/** What a copy of a tree took. */
export interface TreeCopy {
	readonly entries: number;
	readonly copiedBytes: number;
	/** Of files whose blocks both trees have in common. */
	readonly sharedBytes: number;
}

export interface TreeChange {
	readonly path: string;
	readonly kind: 0 | 1 | 2;
}

/** What software is in a tree. */
export interface PackageList {
	/** Of `os-release`; empty texts where there is none. */
	readonly release: { readonly id: string; readonly versionId: string; readonly name: string };
	readonly packages: readonly SoftwarePackage[];
}

export interface SoftwarePackage {
	/** The kind, as package URLs name it. */
	readonly type: "deb" | "apk" | "npm" | "pypi" | "golang";
	readonly name: string;
	readonly version: string;
	/** The file that says so. */
	readonly location: string;
	readonly architecture?: string;
	/** The package that it was built from. */
	readonly source?: string;
	/** As declared. */
	readonly license?: string;
	readonly supplier?: string;
}

/** What a build asks of a tree: each place with all that is below it. */
export interface TreeQuestion {
	/** Byte strings; links in them are followed inside of the tree. */
	readonly paths: readonly string[];
	/** Read the files, for their digests. */
	readonly digests: boolean;
	/** The place itself alone. */
	readonly shallow: boolean;
	/** Paths that nobody wants to hear of, with what is below them. */
	readonly skipped?: readonly string[];
	/** A file that keeps digests of files that have not changed, for trees that people work in. */
	readonly memory?: string;
}

/** A place that was asked for. Nothing is there: no entries. */
export interface TreePlaceFound {
	/** Without links; the path of the first entry. */
	readonly path: string;
	/** The place itself, then what is in it, folders before their content, by name. */
	readonly entries: readonly TreeEntry[];
}

/** What to write into a tree, for COPY and ADD. */
export interface Placement {
	readonly root: ArchiveRoot;
	/** Absolute, a byte string. Links in it are followed inside of the tree. */
	readonly path: string;
	/** It is a folder, made when it is missing. */
	readonly isFolder: boolean;
	/** `user[:group]`, names of the tree's own accounts or numbers; empty: as the entries say. */
	readonly owner: string;
	/** Seconds since 1970; modification times are at most this. */
	readonly latest?: number;
	readonly source: PlacementSource;
	readonly matches: readonly PlacementMatch[];
}

export type PlacementSource =
	/** `isLive`: people work in it, so that what is copied is held against the digests that were found. */
	| { readonly kind: "tree"; readonly root: ArchiveRoot; readonly isLive?: boolean }
	| { readonly kind: "bundle"; readonly path: string };

export interface PlacementMatch {
	/** A folder: its content goes into the target. Else what the one entry is called when the target is a folder. */
	readonly name: string;
	readonly isFolder: boolean;
	readonly entries: readonly { readonly to: string; readonly entry: TreeEntry }[];
}

/** What COPY and ADD need of trees. */
export interface BuildArchive {
	scanTree(
		root: ArchiveRoot,
		question: TreeQuestion,
		signal?: AbortSignal,
	): Promise<readonly TreePlaceFound[]>;
	/**
	 * Reads an archive, compressed or not, without unpacking it: the content of its files goes into one new file, a
	 * bundle, and their digests are made on the way. Entries in the order of paths, the last of each name.
	 */
	bundle(
		path: string,
		source: AsyncIterable<Uint8Array>,
		options: { readonly limits: ExtractLimits; readonly signal?: AbortSignal },
	): Promise<readonly TreeEntry[]>;
	/** Errors: `invalid_argument` for a file where a folder must be, and for accounts that are not there. */
	place(placement: Placement, signal?: AbortSignal): Promise<void>;
	/** Whether bytes begin an archive, compressed or not. */
	isArchive(source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<boolean>;
}

/** The operations of `docker cp`, `docker export`, `docker diff` and of commits. */
export interface Archive extends BuildArchive {
	extractLayer: ExtractLayer;
	/**
	 * Docker's GET archive: `not_found` when the path is absent. The stream fails if the worker does; it must be read
	 * or returned, else the worker waits for its reader.
	 */
	pack(
		root: ArchiveRoot,
		path: string,
		signal?: AbortSignal,
	): Promise<{ stat: ArchiveStat; stream: AsyncIterable<Uint8Array> }>;
	/** `not_found` when the path is absent. */
	stat(root: ArchiveRoot, path: string, signal?: AbortSignal): Promise<ArchiveStat>;
	/** Docker's PUT archive into a folder of the tree; compressed input is recognised. */
	unpack(
		root: ArchiveRoot,
		path: string,
		source: AsyncIterable<Uint8Array>,
		options: {
			noOverwriteDirNonDir: boolean;
			/** Docker's `copyUIDGID`: give everything to the container's user; absent: as the archive says. */
			owner?: { readonly uid: number; readonly gid: number } | undefined;
			/** `user[:group]` of the tree's own accounts, instead. */
			ownerName?: string;
			/** Seconds since 1970; modification times are at most this. */
			latest?: number;
			limits: ExtractLimits;
			signal?: AbortSignal;
		},
	): Promise<void>;
	/** The whole tree as one tar (docker export); what is mounted inside of it is left out. */
	exportTree(
		root: ArchiveRoot,
		signal?: AbortSignal,
		/** `withRoot`: the first entry, `./`, is the root itself. */
		options?: { readonly withRoot?: boolean },
	): AsyncIterable<Uint8Array>;
	/** Docker's kinds: 0 modified, 1 added, 2 deleted. In the order of paths. */
	changes(source: ChangeSource, signal?: AbortSignal): Promise<readonly TreeChange[]>;
	/** The changes as a layer tar, with OCI whiteouts. */
	packChanges(source: ChangeSource, signal?: AbortSignal): AsyncIterable<Uint8Array>;
	/**
	 * Copies a folder's content with owners, modes, times and xattrs into an empty folder (a new volume's copy-up), and
	 * its own attributes too. Nothing happens when the path is no folder, or absent.
	 */
	copyTree(root: ArchiveRoot, path: string, target: string, signal?: AbortSignal): Promise<void>;
	/**
	 * Copies a folder as it stands into an empty one, blocks shared where the file system can. Both are paths on the
	 * host.
	 */
	cloneTree(
		source: string,
		target: string,
		options?: { readonly signal?: AbortSignal | undefined; readonly onBytes?: (bytes: number) => void },
	): Promise<TreeCopy>;
	/** An archive of a folder, as `exportTree` or `packChanges` made it, into a folder of the host. */
	importTree(
		directory: string,
		source: AsyncIterable<Uint8Array>,
		options: {
			/** It tells changes to what is in the folder. */
			readonly changes: boolean;
			/** Take device nodes too; otherwise `forbidden`. */
			readonly devices: boolean;
			readonly limits: ExtractLimits;
			readonly signal?: AbortSignal | undefined;
		},
	): Promise<void>;
	/** Packages of Debian, Alpine, npm, Python and Go. `too_large` when there are more than anybody means. */
	listPackages(root: ArchiveRoot, signal?: AbortSignal): Promise<PackageList>;
	/** Reads small files (`/etc/passwd`, `/etc/group`) out of a tree; `undefined` when absent. */
	readFile(root: ArchiveRoot, path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}
