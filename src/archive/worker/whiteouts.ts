import { closeFd, listDirectory, O, openAt, S, statAt } from "../../sys/index.ts";
import { type Directories, makeOverlayWhiteout, markOpaque } from "./directories.ts";
import { badEntry } from "./entry-name.ts";
import { removeTree } from "./remove-tree.ts";

export type Whiteout =
	| { readonly kind: "hide"; readonly name: string }
	| { readonly kind: "opaque" }
	/** Bookkeeping of old aufs layers. */
	| { readonly kind: "ignore" };

const PREFIX = ".wh.";
const META_PREFIX = ".wh..wh.";
const OPAQUE = ".wh..wh..opq";

/**
 * Layer whiteouts (OCI image-spec, layer.md): they hide what lower layers have, never what the same layer brings,
 * in whatever order the entries come.
 */
export class Whiteouts {
	readonly #mode: "none" | "overlay" | "apply";
	readonly #directories: Directories;
	/** `apply` only: what this layer made. The numbers, not the names, as there may be a million. */
	readonly #made = new Set<bigint>();

	constructor(mode: "none" | "overlay" | "apply", directories: Directories) {
		this.#mode = mode;
		this.#directories = directories;
	}

	/** What an entry's base name asks for; `undefined` when it is an ordinary entry. */
	parse(entry: string, base: string): Whiteout | undefined {
		if (this.#mode === "none" || !base.startsWith(PREFIX)) return undefined;
		if (base === OPAQUE) return { kind: "opaque" };
		if (base.startsWith(META_PREFIX)) return { kind: "ignore" };
		const name = base.slice(PREFIX.length);
		if (name === "" || name === "." || name === "..") throw badEntry(entry, "whiteout of no name");
		return { kind: "hide", name };
	}

	apply(whiteout: Whiteout, { parent, entry }: { parent: string; entry: string }): void {
		switch (whiteout.kind) {
			case "hide":
				this.#hide(this.#directories.open(parent, entry), whiteout.name);
				break;
			case "opaque":
				this.#makeOpaque(this.#directories.open(parent, entry), ".");
				break;
			case "ignore":
				break;
			default:
				whiteout satisfies never;
		}
	}

	/** Tells that an entry of this layer has been made. */
	made(directory: number, name: string): void {
		if (this.#mode !== "apply") return;
		const stat = statAt(directory, name);
		if (stat !== undefined) this.#made.add(stat.inode);
	}

	#hide(directory: number, name: string): void {
		const existing = statAt(directory, name);
		if (this.#mode === "apply") {
			if (existing === undefined) return;
			if (this.#made.has(existing.inode)) {
				if ((existing.mode & S.IFMT) === S.IFDIR) this.#makeOpaque(directory, name);
				return;
			}
			removeTree(directory, name);
			this.#directories.changed();
			return;
		}
		if (existing === undefined) makeOverlayWhiteout(directory, name);
		else if ((existing.mode & S.IFMT) === S.IFDIR) markOpaque(directory, name);
	}

	#makeOpaque(directory: number, name: string): void {
		if (this.#mode === "overlay") {
			markOpaque(directory, name);
			return;
		}
		const fd = openAt(directory, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
		try {
			for (const child of listDirectory(fd)) this.#clear(fd, child);
		} finally {
			closeFd(fd);
		}
	}

	/** Removes what is not this layer's. */
	#clear(directory: number, name: string): void {
		const stat = statAt(directory, name);
		if (stat === undefined) return;
		if (!this.#made.has(stat.inode)) removeTree(directory, name);
		else if ((stat.mode & S.IFMT) === S.IFDIR) this.#makeOpaque(directory, name);
	}
}
