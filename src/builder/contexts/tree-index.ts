import type { TreeEntry, TreePlaceFound } from "../../archive/index.ts";
import { EngineError } from "../../lib/index.ts";

/** As Docker counts: more links than this in one path are a loop. */
const maxLinks = 255;

/** Entries of a whole tree, folders before their content, as places are looked up in it. */
export class TreeIndex {
	readonly #entries: readonly TreeEntry[];
	readonly #positions: ReadonlyMap<string, number>;

	constructor(entries: readonly TreeEntry[]) {
		this.#entries = entries;
		this.#positions = new Map(entries.map(({ path }, index) => [path, index]));
	}

	find(path: string, shallow: boolean): TreePlaceFound {
		const place = this.#follow(path);
		const start = this.#positions.get(place);
		if (start === undefined) return { path: place, entries: [] };
		if (shallow) return { path: place, entries: [this.#entries[start]!] };
		let end = start + 1;
		const isBelow = (entry: TreeEntry) => place === "" || entry.path.startsWith(`${place}/`);
		while (end < this.#entries.length && isBelow(this.#entries[end]!)) end++;
		return { path: place, entries: this.#entries.slice(start, end) };
	}

	/** Follows links, all of which are in the index; what is not there is taken as it stands. */
	#follow(path: string): string {
		const pending = path.split("/").reverse();
		const done: string[] = [];
		let links = 0;
		while (pending.length > 0) {
			const part = pending.pop()!;
			if (part === "" || part === ".") continue;
			if (part === "..") {
				done.pop();
				continue;
			}
			done.push(part);
			const position = this.#positions.get(done.join("/"));
			const entry = position === undefined ? undefined : this.#entries[position];
			if (entry?.kind !== "link") continue;
			if (++links > maxLinks) throw new EngineError("invalid_argument", `too many links in ${path}`);
			if (entry.target.startsWith("/")) done.length = 0;
			else done.pop();
			pending.push(...entry.target.split("/").reverse());
		}
		return done.join("/");
	}
}
