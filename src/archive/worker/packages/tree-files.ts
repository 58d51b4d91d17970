import { readSync } from "node:fs";
import { EngineError, errnoOf } from "../../../lib/index.ts";
import {
	closeFd,
	type FileStat,
	fromByteString,
	listDirectory,
	O,
	openAt,
	openInRoot,
	S,
	statAt,
	statFd,
} from "../../../sys/index.ts";

/** A regular file found on the way through the tree; read only when somebody asks. */
export interface TreeFile {
	/** `/usr/lib/node_modules/npm/package.json`. */
	readonly location: string;
	/** Parts of its path, the name last. */
	readonly parts: readonly string[];
	readonly sizeBytes: number;
	readonly isExecutable: boolean;
	/** The whole file as text; `too_large` beyond. */
	text(maxBytes: number): string;
	/** Bytes at an offset; fewer at the end. */
	bytes(offset: number, length: number): Buffer;
}

/** A Debian with 5,000 packages has 5 MiB. */
const maxDatabaseBytes = 32 * 1024 * 1024;
const maxDepth = 200;
/** Nothing that was installed lies there. */
const skippedAtRoot: readonly string[] = ["proc", "sys", "dev"];

/** Files of a tree that is this process's root. Only regular files are ever opened. */
export class TreeFiles {
	readonly #root: number;
	#entriesLeft: number;

	constructor(root: number, maxEntries: number) {
		this.#root = root;
		this.#entriesLeft = maxEntries;
	}

	/** A file by its path, links followed inside the tree; `undefined` when there is none. */
	read(path: string, maxBytes: number): string | undefined {
		const place = this.#find(path);
		if (place === undefined) return undefined;
		const isFile = isRegular(statFd(place));
		closeFd(place);
		const fd = isFile ? openInRoot(this.#root, path, O.RDONLY | O.NONBLOCK) : undefined;
		if (fd === undefined) return undefined;
		try {
			return readText(fd, { path, maxBytes });
		} finally {
			closeFd(fd);
		}
	}

	/** A path that leads in circles or through a file leads nowhere. */
	#find(path: string): number | undefined {
		try {
			return openInRoot(this.#root, path, O.PATH);
		} catch (error) {
			if (["ELOOP", "ENOTDIR", "ENAMETOOLONG"].includes(errnoOf(error) ?? "")) return undefined;
			throw error;
		}
	}

	*debianDatabases(): Generator<[location: string, text: string]> {
		yield* this.#database("/var/lib/dpkg/status");
		const folder = "/var/lib/dpkg/status.d";
		const place = this.#find(folder);
		if (place === undefined) return;
		const isFolder = (statFd(place).mode & S.IFMT) === S.IFDIR;
		closeFd(place);
		const fd = isFolder ? openInRoot(this.#root, folder, O.RDONLY | O.DIRECTORY) : undefined;
		if (fd === undefined) return;
		const names = listDirectory(fd);
		closeFd(fd);
		for (const name of names) if (!name.endsWith(".md5sums")) yield* this.#database(`${folder}/${name}`);
	}

	*alpineDatabases(): Generator<[location: string, text: string]> {
		for (const folder of ["/lib", "/usr/lib"]) yield* this.#database(`${folder}/apk/db/installed`);
	}

	*#database(path: string): Generator<[location: string, text: string]> {
		const text = this.read(path, maxDatabaseBytes);
		if (text !== undefined) yield [fromByteString(path), text];
	}

	/** All regular files, links not followed. `too_large` when the tree is deeper or bigger than any that is meant well. */
	*walk(): Generator<TreeFile> {
		const root = openAt(this.#root, ".", O.RDONLY | O.DIRECTORY);
		try {
			yield* this.#walk(root, []);
		} finally {
			closeFd(root);
		}
	}

	*#walk(directory: number, parts: readonly string[]): Generator<TreeFile> {
		if (parts.length > maxDepth) throw new EngineError("too_large", `folders more than ${maxDepth} deep`);
		for (const name of listDirectory(directory)) {
			if (this.#entriesLeft-- <= 0) throw new EngineError("too_large", "more files than the limit");
			if (parts.length === 0 && skippedAtRoot.includes(name)) continue;
			const stat = statAt(directory, name);
			if (stat === undefined) continue;
			if (isRegular(stat)) yield fileAt(directory, { name, stat, parts: [...parts, name] });
			if ((stat.mode & S.IFMT) !== S.IFDIR) continue;
			const child = openAt(directory, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
			try {
				yield* this.#walk(child, [...parts, name]);
			} finally {
				closeFd(child);
			}
		}
	}
}

interface Found {
	readonly name: string;
	readonly stat: FileStat;
	readonly parts: readonly string[];
}

function fileAt(directory: number, { name, stat, parts }: Found): TreeFile {
	const location = fromByteString(`/${parts.join("/")}`);
	const withFile = <T>(use: (fd: number) => T): T => {
		const fd = openAt(directory, name, O.RDONLY | O.NOFOLLOW | O.NONBLOCK);
		try {
			return use(fd);
		} finally {
			closeFd(fd);
		}
	};
	return {
		location,
		parts,
		sizeBytes: stat.sizeBytes,
		isExecutable: (stat.mode & 0o111) !== 0,
		text: (maxBytes) => withFile((fd) => readText(fd, { path: location, maxBytes })),
		bytes: (offset, length) =>
			withFile((fd) => {
				const buffer = Buffer.alloc(length);
				return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
			}),
	};
}

function isRegular({ mode }: FileStat): boolean {
	return (mode & S.IFMT) === S.IFREG;
}

function readText(fd: number, { path, maxBytes }: { path: string; maxBytes: number }): string {
	const { sizeBytes } = statFd(fd);
	if (sizeBytes > maxBytes)
		throw new EngineError("corrupt", `${path} has ${sizeBytes} bytes, more than ${maxBytes}`);
	const bytes = Buffer.alloc(sizeBytes);
	let length = 0;
	for (let count = -1; count !== 0 && length < sizeBytes; length += count)
		count = readSync(fd, bytes, length, sizeBytes - length, length);
	return bytes.toString("utf8", 0, length);
}
