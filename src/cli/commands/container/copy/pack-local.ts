import { createReadStream, lstatSync, readdirSync } from "node:fs";
import { type TarEntry, writeTar } from "../../../../lib/index.ts";
import { localEntry } from "../../../streams/local-entry.ts";

interface Item {
	readonly entry: TarEntry;
	readonly content?: AsyncIterable<Uint8Array>;
}

/**
 * A file or folder here as a tar whose root has the given name. Hard links inside stay links; sockets are left out,
 * as tar does. `count` gets the bytes that were read.
 */
export function packLocal(
	path: string,
	options: { rootName: string; count: { bytes: number } },
): AsyncIterable<Uint8Array> {
	const seen = new Map<string, string>();
	return writeTar(items(path, options.rootName));

	async function* items(at: string, name: string): AsyncGenerator<Item> {
		const stat = lstatSync(at);
		if (stat.isSocket()) return;
		const entry = localEntry({ at, name, stat, seen });
		if (entry.type === "file" && entry.size > 0) {
			options.count.bytes += entry.size;
			yield { entry, content: createReadStream(at, { end: entry.size - 1, highWaterMark: 1024 * 1024 }) };
		} else yield { entry };
		if (!stat.isDirectory()) return;
		for (const child of readdirSync(at).sort()) yield* items(`${at}/${child}`, `${name}/${child}`);
	}
}
