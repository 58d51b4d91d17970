import { encodeEntry, type TreeEntry } from "../tree-entry.ts";
import { ArchiveOutput } from "./output.ts";

/** Lines of JSON: a text for a place, whose entries follow. */
export class EntryOutput {
	readonly #output: ArchiveOutput;

	constructor(fd: number) {
		this.#output = new ArchiveOutput(fd);
	}

	begin(place: string): void {
		this.#line(place);
	}

	add(entry: TreeEntry): void {
		this.#line(encodeEntry(entry));
	}

	finish(): void {
		this.#output.flush();
	}

	#line(value: unknown): void {
		this.#output.write(Buffer.from(`${JSON.stringify(value)}\n`));
	}
}
