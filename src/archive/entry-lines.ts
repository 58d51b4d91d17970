import { EngineError } from "../lib/index.ts";
import { decodeEntry, type TreeEntry } from "./tree-entry.ts";

const maxLineBytes = 1 << 24;

/** Reads what a worker's EntryOutput wrote: `begin` for each place, then `add` for its entries. */
export async function readEntryLines(
	output: AsyncIterable<Uint8Array>,
	see: { begin(path: string): void; add(entry: TreeEntry): void },
): Promise<void> {
	let rest: Buffer = Buffer.alloc(0);
	const take = (line: string) => {
		const value: unknown = JSON.parse(line);
		if (typeof value === "string") see.begin(value);
		else see.add(decodeEntry(value));
	};
	for await (const chunk of output) {
		const bytes = Buffer.concat([rest, chunk]);
		let start = 0;
		for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
			take(bytes.toString("utf8", start, end));
			start = end + 1;
		}
		rest = bytes.subarray(start);
		if (rest.length > maxLineBytes)
			throw new EngineError("runtime_failed", "archive worker: a line of a list without an end");
	}
}
