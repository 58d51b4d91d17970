import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import {
	AT_FDCWD,
	closeFd,
	type FileStat,
	listDirectory,
	O,
	readLinkAt,
	S,
	statAt,
	statFd,
} from "../../sys/index.ts";
import type { TreeQuestion } from "../contract.ts";
import type { WorkerRequest } from "../protocol.ts";
import type { TreeEntry, TreeEntryKind } from "../tree-entry.ts";
import { followLinks } from "./container-path.ts";
import { DigestMemory } from "./digest-memory.ts";
import { enterTree } from "./enter-tree.ts";
import { EntryOutput } from "./entry-output.ts";
import { openIfThere } from "./open-if-there.ts";
import { readLines } from "./read-lines.ts";
import { xattrsAt } from "./xattrs-at.ts";

const STDIN = 0;
const STDOUT = 1;
const CHUNK_BYTES = 1 << 20;
const OPEN_DIRECTORY = O.RDONLY | O.DIRECTORY | O.NOFOLLOW;

/** Tells of places in a tree: for each its path without links, then its entries. The question comes on stdin. */
export function scanTree({ root, mountPoint }: Extract<WorkerRequest, { op: "scan-tree" }>): void {
	const question = JSON.parse([...readLines(STDIN)].join("")) as TreeQuestion;
	const memory = question.memory === undefined ? undefined : new DigestMemory(question.memory);
	enterTree(root, mountPoint);
	const output = new EntryOutput(STDOUT);
	const skipped = new Set(question.skipped);
	const scanner = new Scanner(output, { ...question, skipped, memory });
	for (const path of question.paths) {
		const place = followLinks(path).slice(1);
		output.begin(place);
		scanner.scan(place);
	}
	output.finish();
	memory?.save();
}

interface ScanOptions {
	readonly digests: boolean;
	readonly shallow: boolean;
	readonly skipped: ReadonlySet<string>;
	readonly memory: DigestMemory | undefined;
}

/** A name in an open folder. */
interface Place {
	readonly directory: number;
	readonly name: string;
	readonly path: string;
}

class Scanner {
	readonly #output: EntryOutput;
	readonly #options: ScanOptions;
	readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);

	constructor(output: EntryOutput, options: ScanOptions) {
		this.#output = output;
		this.#options = options;
	}

	scan(path: string): void {
		const name = path === "" ? "." : path.slice(path.lastIndexOf("/") + 1);
		const above = openFolder(path.slice(0, -name.length));
		if (above === undefined) return;
		try {
			this.#add({ directory: above, name, path });
		} finally {
			closeFd(above);
		}
	}

	#add(place: Place): void {
		if (this.#options.skipped.has(place.path)) return;
		const stat = statAt(place.directory, place.name);
		if (stat === undefined) return;
		const kind = kindOf(stat);
		if (kind === undefined) return;
		if (kind === "folder") this.#addFolder(place);
		else if (kind === "file") this.#addFile(place);
		else {
			const target = kind === "link" ? readLinkAt(place.directory, place.name) : deviceText(stat);
			this.#output.add({ ...entryOf(stat, place), kind, target, xattrs: xattrsAt(place) });
		}
	}

	#addFolder({ directory, name, path }: Place): void {
		const fd = openIfThere(directory, name, OPEN_DIRECTORY);
		if (fd === undefined) return;
		try {
			const stat = statFd(fd);
			this.#output.add({ ...entryOf(stat, { path }), kind: "folder", xattrs: xattrsAt(fd) });
			if (this.#options.shallow) return;
			for (const child of listDirectory(fd).sort())
				this.#add({ directory: fd, name: child, path: path === "" ? child : `${path}/${child}` });
		} finally {
			closeFd(fd);
		}
	}

	#addFile({ directory, name, path }: Place): void {
		const fd = openIfThere(directory, name, O.RDONLY | O.NOFOLLOW | O.NONBLOCK);
		if (fd === undefined) return;
		try {
			const stat = statFd(fd);
			if (kindOf(stat) !== "file") return;
			const digest = this.#options.digests ? this.#digest(fd, stat, path) : "";
			const entry = { ...entryOf(stat, { path }), sizeBytes: stat.sizeBytes, xattrs: xattrsAt(fd), digest };
			this.#output.add({ ...entry, sameAs: stat.links > 1 ? `${stat.fileSystem}:${stat.inode}` : "" });
		} finally {
			closeFd(fd);
		}
	}

	#digest(fd: number, stat: FileStat, path: string): string {
		const known = this.#options.memory?.find(path, stat);
		if (known !== undefined) return known;
		const hash = createHash("sha256");
		for (;;) {
			const length = readSync(fd, this.#buffer, 0, CHUNK_BYTES, null);
			if (length === 0) break;
			hash.update(this.#buffer.subarray(0, length));
		}
		const digest = hash.digest("hex");
		this.#options.memory?.keep(path, stat, digest);
		return digest;
	}
}

/** A path without links below the process's root. */
function openFolder(path: string): number | undefined {
	const clean = path.replace(/\/+$/, "");
	return openIfThere(AT_FDCWD, clean === "" ? "/" : `/${clean}`, OPEN_DIRECTORY);
}

function entryOf(stat: FileStat, { path }: { readonly path: string }): TreeEntry {
	return {
		path,
		kind: "file",
		mode: stat.mode & 0o7777,
		uid: stat.uid,
		gid: stat.gid,
		sizeBytes: 0,
		modified: stat.modified,
		digest: "",
		target: "",
		xattrs: {},
		sameAs: "",
		pieces: [],
	};
}

/** `undefined`: a socket, which belongs to a process. */
function kindOf({ mode }: FileStat): TreeEntryKind | undefined {
	switch (mode & S.IFMT) {
		case S.IFDIR:
			return "folder";
		case S.IFREG:
			return "file";
		case S.IFLNK:
			return "link";
		case S.IFIFO:
			return "fifo";
		case S.IFSOCK:
			return undefined;
		default:
			return "device";
	}
}

function deviceText({ mode, deviceMajor, deviceMinor }: FileStat): string {
	const kind = mode & S.IFMT;
	if (kind !== S.IFCHR && kind !== S.IFBLK) return "";
	return `${kind === S.IFCHR ? "c" : "b"} ${deviceMajor}:${deviceMinor}`;
}
