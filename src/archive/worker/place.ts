import { createHash } from "node:crypto";
import { openSync, readSync } from "node:fs";
import { EngineError, errnoOf, type TarEntry, tarEntry } from "../../lib/index.ts";
import {
	AT_FDCWD,
	changeOwner,
	closeFd,
	enterRoot,
	fromByteString,
	makeDirectoryAt,
	O,
	openAt,
	openInRoot,
	S,
	setTimes,
	statAt,
	statFd,
} from "../../sys/index.ts";
import type { Placement, PlacementSource } from "../contract.ts";
import type { WorkerRequest } from "../protocol.ts";
import { decodeEntry, type TreeEntry } from "../tree-entry.ts";
import { type Owner, ownerOf } from "./accounts.ts";
import { followLinks } from "./container-path.ts";
import { openTrees } from "./enter-tree.ts";
import { readLines } from "./read-lines.ts";
import { report } from "./report.ts";
import { TreeWriter } from "./tree-writer.ts";

const STDIN = 0;
const CHUNK_BYTES = 1 << 20;
const OPEN_DIRECTORY = O.RDONLY | O.DIRECTORY | O.NOFOLLOW;

/**
 * COPY and ADD: files of one tree, or of a bundle, into another, which is this process's root. Matches come on stdin,
 * a line of JSON each: `[name, isFolder]`, and then its entries, `[to, entry]`.
 */
export function place({ placement, mountPoint }: Extract<WorkerRequest, { op: "place" }>): void {
	const { source } = placement;
	const bundle = source.kind === "bundle" ? openSync(source.path, "r") : undefined;
	const roots = source.kind === "tree" ? [placement.root, source.root] : [placement.root];
	const [root, from] = openTrees(roots, mountPoint);
	enterRoot(root!);
	const placing = new Placing(root!, placement, contentsOf(source, bundle ?? from!));
	for (const line of readLines(STDIN)) {
		const [first, second] = JSON.parse(line) as [string, unknown];
		if (typeof second === "boolean") placing.begin(first, second);
		else placing.add(first, decodeEntry(second));
	}
	placing.end();
}

/** Writes a file's content; `share` first tries to have its blocks in common. */
type Contents = (entry: TreeEntry, writer: TreeWriter) => void;

function contentsOf(source: PlacementSource, fd: number): Contents {
	const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	const copy: Copy = (from, [to, at, length], write) => {
		for (let done = 0; done < length; ) {
			const count = readSync(from, buffer, 0, Math.min(CHUNK_BYTES, length - done), at + done);
			if (count === 0) throw new EngineError("corrupt", "a file became shorter while it was copied");
			write(to + done, buffer.subarray(0, count));
			done += count;
		}
	};
	if (source.kind === "bundle")
		return ({ pieces }, writer) => {
			for (const piece of pieces) copy(fd, piece, (offset, bytes) => writer.write(offset, bytes));
		};
	const copyTo = source.isLive === true ? copyChecked : copyShared;
	return (entry, writer) => {
		const file = openRegular(fd, entry);
		try {
			copyTo({ file, entry, writer }, copy);
		} finally {
			closeFd(file);
		}
	};
}

function openRegular(root: number, entry: TreeEntry): number {
	try {
		const file = openInRoot(root, entry.path, O.RDONLY | O.NOFOLLOW | O.NONBLOCK);
		if (file !== undefined && (statFd(file).mode & S.IFMT) === S.IFREG) return file;
	} catch (error) {
		if (errnoOf(error) !== "ELOOP" && errnoOf(error) !== "ENXIO") throw error;
	}
	throw changedMeanwhile(entry);
}

/** Offsets in the target and the source, and a length. */
type Copy = (
	from: number,
	piece: readonly [number, number, number],
	write: (offset: number, bytes: Uint8Array) => void,
) => void;

interface Copying {
	readonly file: number;
	readonly entry: TreeEntry;
	readonly writer: TreeWriter;
}

function copyShared({ file, entry: { sizeBytes }, writer }: Copying, copy: Copy): void {
	if (writer.share(file, sizeBytes)) return;
	copy(file, [0, 0, sizeBytes], (offset, bytes) => writer.write(offset, bytes));
}

/** A result must be what its key says. */
function copyChecked({ file, entry, writer }: Copying, copy: Copy): void {
	if (statFd(file).sizeBytes !== entry.sizeBytes) throw changedMeanwhile(entry);
	const hash = createHash("sha256");
	copy(file, [0, 0, entry.sizeBytes], (offset, bytes) => {
		hash.update(bytes);
		writer.write(offset, bytes);
	});
	if (hash.digest("hex") !== entry.digest) throw changedMeanwhile(entry);
}

function changedMeanwhile({ path }: TreeEntry): EngineError {
	return new EngineError("conflict", `${fromByteString(path)} was changed while it was copied: build again`);
}

class Placing {
	readonly #root: number;
	readonly #placement: Omit<Placement, "matches">;
	readonly #contents: Contents;
	readonly #owner: Owner | undefined;
	/** What had something put into it, by its path. */
	readonly #touched = new Set<string>();
	#writer: TreeWriter | undefined;
	/** Of a single file: what it is called in the folder. */
	#name: string | undefined;
	/** Where a file with several names went first. */
	#linked = new Map<string, string>();

	constructor(root: number, placement: Omit<Placement, "matches">, contents: Contents) {
		this.#root = root;
		this.#placement = placement;
		this.#contents = contents;
		this.#owner = placement.owner === "" ? undefined : ownerOf(root, placement.owner);
	}

	begin(name: string, isFolder: boolean): void {
		this.#finishMatch();
		const { path, isFolder: targetIsFolder } = this.#placement;
		const target = followLinks(path);
		const stat = statAt(AT_FDCWD, target);
		const isThere = stat !== undefined && (stat.mode & S.IFMT) === S.IFDIR;
		if (stat !== undefined && !isThere && (isFolder || targetIsFolder))
			throw new EngineError("invalid_argument", `cannot copy to non-directory: ${fromByteString(path)}`);
		if (isFolder || targetIsFolder || isThere) this.#open(target, isFolder ? undefined : name);
		else this.#open(parentOf(target), target.slice(target.lastIndexOf("/") + 1));
	}

	add(to: string, entry: TreeEntry): void {
		const writer = this.#writer!;
		const name = this.#name ?? to;
		const first = entry.sameAs === "" ? undefined : this.#linked.get(entry.sameAs);
		if (first !== undefined) {
			writer.begin(tarEntry({ name, type: "hardlink", linkName: first }));
			return;
		}
		if (entry.sameAs !== "") this.#linked.set(entry.sameAs, name);
		writer.begin(this.#tarEntry(name, entry));
		if (entry.kind === "file") this.#contents(entry, writer);
		writer.end();
	}

	end(): void {
		this.#finishMatch();
		const { latest } = this.#placement;
		if (latest !== undefined) for (const path of this.#touched) clampTime(path, latest);
	}

	/** @param name a single file's. */
	#open(folder: string, name: string | undefined): void {
		const existing = name === undefined ? undefined : followLinks(`${folder}/${name}`);
		// A link where the file goes: the file goes where it leads, inside of the tree.
		const base = existing === undefined ? folder : parentOf(existing);
		this.#name = existing === undefined ? undefined : existing.slice(existing.lastIndexOf("/") + 1);
		this.#makeFolders(base, name !== undefined);
		this.#touched.add(base);
		this.#writer = new TreeWriter({
			root: this.#root,
			base: base === "/" ? "." : base.slice(1),
			whiteouts: "none",
			...(this.#owner === undefined ? {} : { owner: this.#owner }),
			// Docker's COPY puts a file in the place of a folder, and the other way round.
			noOverwriteDirNonDir: false,
			setsRoot: false,
			...(this.#placement.latest === undefined ? {} : { latest: this.#placement.latest }),
			limits: { maxBytes: Number.POSITIVE_INFINITY, maxEntries: Number.POSITIVE_INFINITY },
			warn: (text) => report({ kind: "warning", text }),
		});
		this.#linked = new Map();
	}

	#finishMatch(): void {
		this.#writer?.finish();
		this.#writer = undefined;
	}

	/** A path without links. Folders that are made for a file are its owner's; above a folder they are root's. */
	#makeFolders(path: string, isForFile: boolean): void {
		const parts = path.split("/").filter((part) => part !== "");
		let above = openAt(AT_FDCWD, "/", OPEN_DIRECTORY);
		try {
			for (const [index, name] of parts.entries()) {
				const isMade = makeDirectoryAt(above, name, 0o755);
				const stat = statAt(above, name);
				const shown = fromByteString(`/${parts.slice(0, index + 1).join("/")}`);
				if (stat === undefined || (stat.mode & S.IFMT) !== S.IFDIR)
					throw new EngineError("invalid_argument", `cannot copy to non-directory: ${shown}`);
				const fd = openAt(above, name, OPEN_DIRECTORY);
				if (isMade) {
					const isOwned = isForFile || index === parts.length - 1;
					if (this.#owner !== undefined && isOwned) changeOwner(fd, this.#owner);
					this.#touched.add(`/${parts.slice(0, index).join("/")}`);
					this.#touched.add(`/${parts.slice(0, index + 1).join("/")}`);
				}
				closeFd(above);
				above = fd;
			}
		} finally {
			closeFd(above);
		}
	}

	#tarEntry(name: string, entry: TreeEntry): TarEntry {
		return tarEntry({
			name,
			type: typeOf(entry),
			mode: entry.mode,
			uid: entry.uid,
			gid: entry.gid,
			size: entry.sizeBytes,
			mtime: entry.modified,
			xattrs: new Map(
				Object.entries(entry.xattrs).map(([key, value]) => [key, Buffer.from(value, "base64")]),
			),
			...(entry.kind === "link" ? { linkName: entry.target } : {}),
			...(entry.kind === "device" ? deviceNumbers(entry) : {}),
			// Its size is set, whatever holes are at its end.
			...(entry.kind === "file" ? { extents: [] } : {}),
		});
	}
}

function parentOf(path: string): string {
	return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

function typeOf({ kind, target }: TreeEntry): TarEntry["type"] {
	switch (kind) {
		case "folder":
			return "directory";
		case "link":
			return "symlink";
		case "device":
			return target.startsWith("c") ? "character" : "block";
		case "file":
		case "fifo":
			return kind;
	}
}

function deviceNumbers({ target }: TreeEntry): { deviceMajor: number; deviceMinor: number } {
	const [deviceMajor = 0, deviceMinor = 0] = target.slice(2).split(":").map(Number);
	return { deviceMajor, deviceMinor };
}

function clampTime(path: string, latest: number): void {
	const fd = openAt(AT_FDCWD, path, OPEN_DIRECTORY);
	const { modified } = statFd(fd);
	const time = { seconds: latest, nanos: 0 };
	if (modified.seconds >= latest) setTimes(fd, { access: time, modified: time });
	closeFd(fd);
}
