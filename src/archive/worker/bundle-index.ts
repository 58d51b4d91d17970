import type { TarEntry } from "../../lib/index.ts";
import type { TreeEntry } from "../tree-entry.ts";
import { badEntry, entryPath, quote } from "./entry-name.ts";

/**
 * The entries of an archive by path, as unpacking it would leave them: a later one replaces an earlier one, folders
 * that no entry tells of are there, and nothing lies below what is no folder.
 */
export class BundleIndex {
	readonly #entries = new Map<string, TreeEntry>();
	/** Folders by path, with the names in them. */
	readonly #folders = new Map<string, Set<string>>([["", new Set()]]);
	readonly #now = { seconds: Math.floor(Date.now() / 1000), nanos: 0 };

	add(entry: TreeEntry, name: string): void {
		const { path } = entry;
		if (path === "") {
			if (entry.kind !== "folder") throw badEntry(name, `a ${entry.kind} cannot be the root`);
			return;
		}
		this.#makeFolder(parentOf(path), name);
		if (entry.kind === "folder") {
			if (!this.#folders.has(path)) this.#folders.set(path, new Set());
		} else this.#remove(path);
		this.#entries.set(path, entry);
		this.#folders.get(parentOf(path))!.add(path);
	}

	/** A hard link: the file that it names, once more. */
	link(path: string, { name, linkName }: TarEntry): void {
		const first = entryPath(linkName);
		const found = this.#entries.get(first);
		if (found === undefined || path === first || path === "")
			throw badEntry(name, `hard link to ${quote(linkName)}, which is not there`);
		if (found.kind === "folder")
			throw badEntry(name, `hard link to ${quote(linkName)}, which is a directory`);
		const sameAs = found.sameAs === "" ? first : found.sameAs;
		this.#entries.set(first, { ...found, sameAs });
		this.add({ ...found, path, sameAs }, name);
	}

	/** Folders before their content, by name, the root first. */
	visit(see: (entry: TreeEntry) => void): void {
		see(this.#madeFolder(""));
		this.#visitFolder("", see);
	}

	#visitFolder(folder: string, see: (entry: TreeEntry) => void): void {
		for (const path of [...this.#folders.get(folder)!].sort()) {
			const entry = this.#entries.get(path)!;
			see(entry);
			if (entry.kind === "folder") this.#visitFolder(path, see);
		}
	}

	#makeFolder(path: string, name: string): void {
		if (this.#folders.has(path)) return;
		if (this.#entries.has(path)) throw badEntry(name, "a parent of it is not a directory");
		this.#makeFolder(parentOf(path), name);
		this.#folders.set(path, new Set());
		this.#entries.set(path, this.#madeFolder(path));
		this.#folders.get(parentOf(path))!.add(path);
	}

	#madeFolder(path: string): TreeEntry {
		return {
			path,
			kind: "folder",
			mode: 0o755,
			uid: 0,
			gid: 0,
			sizeBytes: 0,
			modified: this.#now,
			digest: "",
			target: "",
			xattrs: {},
			sameAs: "",
			pieces: [],
		};
	}

	/** What had the name is gone, a folder with all that is in it. */
	#remove(path: string): void {
		for (const child of this.#folders.get(path) ?? []) this.#remove(child);
		this.#folders.delete(path);
		this.#entries.delete(path);
	}
}

function parentOf(path: string): string {
	return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
