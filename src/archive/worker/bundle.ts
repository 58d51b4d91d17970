import { createHash, type Hash } from "node:crypto";
import { openSync } from "node:fs";
import { EngineError, type TarEntry, TarParser } from "../../lib/index.ts";
import type { ExtractLimits } from "../contract.ts";
import type { WorkerRequest } from "../protocol.ts";
import type { TreeEntry } from "../tree-entry.ts";
import { BundleIndex } from "./bundle-index.ts";
import { openTrees } from "./enter-tree.ts";
import { badEntry, entryPath, quote } from "./entry-name.ts";
import { EntryOutput } from "./entry-output.ts";
import { openInput } from "./input.ts";
import { ArchiveOutput } from "./output.ts";

const STDIN = 0;
const STDOUT = 1;
const MAX_ID = 0xfffffffe;
/** Room for headers and padding beside the files' bytes. */
const HEADER_BYTES_PER_ENTRY = 4096;

/**
 * An upload as one file of contents and a list of entries. Nothing is unpacked: a tree of 50,000 files takes seconds
 * to make and to remove, and what is hostile in an archive (links, names) has nothing here to act upon.
 */
export async function bundle(request: Extract<WorkerRequest, { op: "bundle" }>): Promise<void> {
	const { limits, path, mountPoint } = request;
	const input = openInput(STDIN);
	const contents = new ArchiveOutput(openSync(path, "wx", 0o600));
	openTrees([], mountPoint);
	const reader = new BundleReader(contents, limits);
	const parser = new TarParser();
	const maxStreamBytes = limits.maxBytes + limits.maxEntries * HEADER_BYTES_PER_ENTRY;
	let streamBytes = 0;
	for await (const chunk of input.chunks) {
		streamBytes += chunk.length;
		if (streamBytes > maxStreamBytes)
			throw new EngineError("too_large", `archive of more than ${maxStreamBytes} bytes, uncompressed`);
		parser.feed(chunk);
		for (let event = parser.next(); event !== undefined; event = parser.next()) {
			if (event.kind === "entry") reader.begin(event.entry);
			else if (event.kind === "data") reader.write(event.offset, event.bytes);
			else reader.end();
		}
	}
	parser.finish();
	// The runtime's zstd does not tell a stream that was cut off from one that has ended.
	if (input.compression === "zstd" && !parser.finished)
		throw new EngineError("corrupt", "bad zstd data: the archive has no end");
	contents.flush();
	const output = new EntryOutput(STDOUT);
	output.begin("");
	reader.visit((entry) => output.add(entry));
	output.finish();
}

interface OpenFile {
	readonly entry: TarEntry;
	readonly path: string;
	readonly hash: Hash;
	readonly pieces: [number, number, number][];
}

class BundleReader {
	readonly #contents: ArchiveOutput;
	readonly #limits: ExtractLimits;
	readonly #index = new BundleIndex();
	#length = 0;
	#entries = 0;
	#bytes = 0;
	#file: OpenFile | undefined;

	constructor(contents: ArchiveOutput, limits: ExtractLimits) {
		this.#contents = contents;
		this.#limits = limits;
	}

	begin(entry: TarEntry): void {
		this.#count(entry);
		if (entry.uid > MAX_ID || entry.gid > MAX_ID) throw badEntry(entry.name, "its owner is out of range");
		const path = entryPath(entry.name);
		switch (entry.type) {
			case "file":
				if (path === "") throw badEntry(entry.name, "a file cannot be the root");
				this.#file = { entry, path, hash: createHash("sha256"), pieces: [] };
				return;
			case "hardlink":
				this.#index.link(path, entry);
				return;
			case "symlink":
				if (entry.linkName === "") throw badEntry(entry.name, "symlink to nothing");
				break;
			case "character":
			case "block":
				throw new EngineError("invalid_argument", `a build's context has a device, ${quote(entry.name)}`);
			case "directory":
			case "fifo":
				break;
			default:
				entry.type satisfies never;
		}
		this.#index.add(treeEntry(path, entry), entry.name);
	}

	write(offset: number, bytes: Uint8Array): void {
		const file = this.#file;
		if (file === undefined) return;
		file.hash.update(bytes);
		this.#contents.write(bytes);
		const last = file.pieces.at(-1);
		if (last !== undefined && last[0] + last[2] === offset) last[2] += bytes.length;
		else file.pieces.push([offset, this.#length, bytes.length]);
		this.#length += bytes.length;
	}

	end(): void {
		const file = this.#file;
		if (file === undefined) return;
		this.#file = undefined;
		const { entry, path, hash, pieces } = file;
		// Of a file with holes the digest is of its data and where it is: holes may be longer than any disk.
		if (entry.extents !== undefined)
			hash.update(JSON.stringify([entry.size, pieces.map(([offset, , length]) => [offset, length])]));
		const digest = hash.digest("hex");
		this.#index.add({ ...treeEntry(path, entry), sizeBytes: entry.size, digest, pieces }, entry.name);
	}

	visit(see: (entry: TreeEntry) => void): void {
		this.#index.visit(see);
	}

	#count(entry: TarEntry): void {
		const { maxBytes, maxEntries } = this.#limits;
		if (++this.#entries > maxEntries)
			throw new EngineError(
				"too_large",
				`archive has more than ${maxEntries} entries, at entry ${quote(entry.name)}`,
			);
		this.#bytes += entry.size;
		if (this.#bytes > maxBytes)
			throw new EngineError(
				"too_large",
				`archive has more than ${maxBytes} bytes, at entry ${quote(entry.name)}`,
			);
	}
}

/** Docker's COPY keeps of an upload's attributes what means something to the program in the file. */
function treeEntry(path: string, entry: TarEntry): TreeEntry {
	const kept = [...entry.xattrs].filter(([name]) => !hostOnly.test(name)).sort();
	return {
		path,
		kind:
			entry.type === "directory"
				? "folder"
				: entry.type === "symlink"
					? "link"
					: entry.type === "fifo"
						? "fifo"
						: "file",
		mode: entry.mode,
		// An upload's files are root's, whoever sent them.
		uid: 0,
		gid: 0,
		sizeBytes: 0,
		modified: entry.mtime,
		digest: "",
		target: entry.type === "symlink" ? entry.linkName : "",
		xattrs: Object.fromEntries(kept.map(([name, value]) => [name, Buffer.from(value).toString("base64")])),
		sameAs: "",
		pieces: [],
	};
}

const hostOnly = /^(?:trusted\.|security\.(?!capability$))/;
