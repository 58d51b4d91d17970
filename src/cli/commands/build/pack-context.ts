import { closeSync, createReadStream, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { cleanPath, type IgnoreRules } from "../../../builder/needs.ts";
import { type TarEntry, tarEntry, writeTar } from "../../../lib/index.ts";
import { localEntry } from "../../streams/local-entry.ts";

export interface PackOptions {
	/** What `.dockerignore` leaves out. */
	readonly ignore: IgnoreRules | undefined;
	/** What the build can read; an empty text is all of it. */
	readonly paths: readonly string[];
	readonly count: { bytes: number; files: number };
}

interface Item {
	readonly entry: TarEntry;
	readonly content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Files up to here are read in one go: opening a stream takes longer than reading them. */
const smallBytes = 1024 * 1024;

/** A folder as the tar of a context. Files belong to root, as in every build. */
export function packContext(folder: string, options: PackOptions): AsyncIterable<Uint8Array> {
	const { ignore, count } = options;
	const paths = options.paths.map(cleanPath);
	const seen = new Map<string, string>();
	return writeTar(children("", false));

	function* children(inside: string, isIgnored: boolean): Generator<Item> {
		for (const child of readdirSync(`${folder}/${inside}`).sort()) {
			const path = inside === "" ? child : `${inside}/${child}`;
			if (mayBeNeeded(path, paths)) yield* item(path, isIgnored);
		}
	}

	function* item(path: string, parentIgnored: boolean): Generator<Item> {
		const at = `${folder}/${path}`;
		const stat = lstatSync(at, { throwIfNoEntry: false });
		// What vanishes while it is packed is not there; a socket is nothing that can be copied.
		if (stat === undefined || stat.isSocket()) return;
		const isIgnored = ignore?.ignores(path) ?? false;
		if (stat.isDirectory()) {
			if (isIgnored && !ignore!.mayHoldKept(path)) return;
			if (!isIgnored || !parentIgnored) yield { entry: owned(localEntry({ at, name: path, stat, seen })) };
			yield* children(path, isIgnored);
			return;
		}
		if (isIgnored) return;
		const entry = owned(localEntry({ at, name: path, stat, seen }));
		count.files++;
		if (entry.type !== "file" || entry.size === 0) {
			yield { entry };
			return;
		}
		count.bytes += entry.size;
		yield entry.size > smallBytes
			? { entry, content: createReadStream(at, { end: entry.size - 1, highWaterMark: 1024 * 1024 }) }
			: smallFile(at, entry);
	}
}

/** The needed paths, what is in them, and the folders above them. Links on the way are sent: the engine follows them. */
function mayBeNeeded(path: string, paths: readonly string[]): boolean {
	return paths.some(
		(needed) => needed === "" || `${path}/`.startsWith(`${needed}/`) || `${needed}/`.startsWith(`${path}/`),
	);
}

function owned(entry: TarEntry): TarEntry {
	return tarEntry({ ...entry, uid: 0, gid: 0 });
}

/** As long as it is now, if it shrank since. */
function smallFile(path: string, entry: TarEntry): Item {
	const buffer = Buffer.allocUnsafe(entry.size);
	const fd = openSync(path, "r");
	try {
		let length = 0;
		while (length < buffer.length) {
			const count = readSync(fd, buffer, length, buffer.length - length, null);
			if (count === 0) break;
			length += count;
		}
		return { entry: tarEntry({ ...entry, size: length }), content: [buffer.subarray(0, length)] };
	} finally {
		closeSync(fd);
	}
}
