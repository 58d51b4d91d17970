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

export type Compression = "none" | "gzip" | "zstd" | "bzip2" | "xz";

export interface ExtractLimits {
	/** Sum of file sizes; beyond: `too_large`. */
	readonly maxBytes: number;
	readonly maxEntries: number;
}

/** Extracts one image layer. Returns the digest of the uncompressed stream. */
export type ExtractLayer = (options: {
	readonly blobPath: string;
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
			readonly binds?: readonly {
				readonly source: string;
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

/** The operations of `docker cp`, `docker export`, `docker diff` and of commits. */
export interface Archive {
	extractLayer: ExtractLayer;
	/** Docker's GET archive: `not_found` when the path is absent. The stream fails if the worker does. */
	pack(
		root: ArchiveRoot,
		path: string,
		signal?: AbortSignal,
	): Promise<{ stat: ArchiveStat; stream: AsyncIterable<Uint8Array> }>;
	stat(root: ArchiveRoot, path: string): Promise<ArchiveStat>;
	/** Docker's PUT archive into a folder of the tree; compressed input is recognised. */
	unpack(
		root: ArchiveRoot,
		path: string,
		source: AsyncIterable<Uint8Array>,
		options: {
			noOverwriteDirNonDir: boolean;
			/** Docker's `copyUIDGID`: give everything to the container's user; absent: as the archive says. */
			owner?: { readonly uid: number; readonly gid: number } | undefined;
			limits: ExtractLimits;
			signal?: AbortSignal;
		},
	): Promise<void>;
	/** The whole tree as one tar (docker export). */
	exportTree(root: ArchiveRoot, signal?: AbortSignal): AsyncIterable<Uint8Array>;
	/** Changes between a layer and a writable snapshot on it: Docker's kinds 0 modified, 1 added, 2 deleted. */
	changes(options: {
		changesDirectory: string;
		parent: ArchiveRoot;
	}): Promise<readonly { path: string; kind: 0 | 1 | 2 }[]>;
	/** A writable snapshot's changes as a layer tar, with OCI whiteouts. */
	packChanges(changesDirectory: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
	/** Copies a folder's content with owners, modes and xattrs into an empty folder (a new volume's copy-up). */
	copyTree(root: ArchiveRoot, path: string, target: string): Promise<void>;
	/** Reads small files (`/etc/passwd`, `/etc/group`) out of a tree; `undefined` when absent. */
	readFile(root: ArchiveRoot, path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}
