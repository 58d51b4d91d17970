import { createHash, type Hash } from "node:crypto";
import { EngineError, type TarEntry, TarParser } from "../../lib/index.ts";
import type { ExtractLimits } from "../contract.ts";
import type { TreeEntry } from "../tree-entry.ts";
import { BundleIndex } from "./bundle-index.ts";
import { badEntry, entryPath, linkTarget, quote } from "./entry-name.ts";
import type { ArchiveOutput } from "./output.ts";

const MAX_ID = 0xfffffffe;
/** Room for headers and padding beside the files' bytes. */
const HEADER_BYTES_PER_ENTRY = 4096;

interface OpenFile {
	readonly entry: TarEntry;
	readonly path: string;
	readonly hash: Hash;
	readonly pieces: [number, number, number][];
}

/** Reads an archive into a bundle; files have no names there. Errors: `too_large`, `invalid_argument`, `corrupt`. */
export class BundleReader {
	readonly #contents: ArchiveOutput;
	readonly #limits: ExtractLimits;
	readonly #parser = new TarParser();
	readonly #index = new BundleIndex();
	#streamBytes = 0;
	#length = 0;
	#entries = 0;
	#bytes = 0;
	#file: OpenFile | undefined;

	constructor(contents: ArchiveOutput, limits: ExtractLimits) {
		this.#contents = contents;
		this.#limits = limits;
	}

	/** Takes the next bytes of the archive, uncompressed. */
	feed(chunk: Uint8Array): void {
		const { maxBytes, maxEntries } = this.#limits;
		const maxStreamBytes = maxBytes + maxEntries * HEADER_BYTES_PER_ENTRY;
		this.#streamBytes += chunk.length;
		if (this.#streamBytes > maxStreamBytes)
			throw new EngineError("too_large", `archive of more than ${maxStreamBytes} bytes, uncompressed`);
		this.#parser.feed(chunk);
		for (let event = this.#parser.next(); event !== undefined; event = this.#parser.next()) {
			if (event.kind === "entry") this.#begin(event.entry);
			else if (event.kind === "data") this.#write(event.offset, event.bytes);
			else this.#end();
		}
	}

	finish(): void {
		this.#parser.finish();
		this.#contents.flush();
	}

	/** The archive's own end was seen. */
	get isWhole(): boolean {
		return this.#parser.finished;
	}

	#begin(entry: TarEntry): void {
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

	#write(offset: number, bytes: Uint8Array): void {
		const file = this.#file;
		if (file === undefined) return;
		file.hash.update(bytes);
		this.#contents.write(bytes);
		const last = file.pieces.at(-1);
		if (last !== undefined && last[0] + last[2] === offset) last[2] += bytes.length;
		else file.pieces.push([offset, this.#length, bytes.length]);
		this.#length += bytes.length;
	}

	#end(): void {
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
		target: entry.type === "symlink" ? linkTarget(entry) : "",
		xattrs: Object.fromEntries(kept.map(([name, value]) => [name, Buffer.from(value).toString("base64")])),
		sameAs: "",
		pieces: [],
	};
}

const hostOnly = /^(?:trusted\.|security\.(?!capability$))/;
